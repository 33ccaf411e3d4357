import { beforeAll, describe, expect, test } from "vitest";
import type { TokenView } from "@headgate/shared/contract/access/tokens.ts";
import type { RunDetail } from "@headgate/shared/contract/runs/run-views.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { LOG_CHUNK_BYTES } from "@headgate/shared/protocol/constants.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { connectAgent, leasedRun } from "./support/agent-client.ts";
import { call, cookieOf, errorOf, HOST, type Credentials } from "./support/client.ts";
import { apiPath, publish, smallLocation, trpc } from "./support/publishing.ts";
import { connect } from "./support/socket.ts";
import { makePlace, migrate, type Place } from "./support/world.ts";

let places = 0;
const newPlace = (): Promise<Place> => makePlace(`org-${++places}`, "prod");
beforeAll(migrate);

async function gzip(text: string): Promise<ArrayBuffer> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
}

const logPath = (job: JobFrame, rest: string): string => `/agent/v1/logs/${job.run}/${encodeURIComponent(job.step)}/${job.attempt}/${rest}`;

async function putChunk(as: Credentials, job: JobFrame, chunk: { readonly rest: string; readonly text: string }): Promise<Response> {
  return call({ method: "PUT", path: logPath(job, chunk.rest), as, body: await gzip(chunk.text) });
}

describe("agents over HTTP", () => {
  test("an agent connects and runs a published step to success", async () => {
    const at = await newPlace();
    const { socket, job, run } = await leasedRun(at);
    const step = { run: job.run, step: job.step, epoch: job.epoch };
    socket.send({
      t: "batch",
      items: [
        { k: "event", s: 2, ...step, at: 1, event: { type: "step_started", worker: "w1", pid: 1 } },
        {
          k: "event",
          s: 3,
          ...step,
          at: 2,
          event: { type: "asset_materialized", asset: "raw/orders", metadata: { row_count: { type: "int", value: 7 } } },
        },
        { k: "done", s: 4, ...step, at: 3, result: { outcome: "succeeded" } },
      ],
    });
    while ((await socket.next<{ s: number }>("ack")).s < 4);
    const detail = await trpc<RunDetail>(at, "runs.get", { run: run.id });
    expect(detail.run).toMatchObject({ status: "succeeded", trigger: { type: "token", name: "admin token" }, materialized: 1 });
  });

  test("an agent reads manifests of its own deployment only", async () => {
    const at = await newPlace();
    const location = await smallLocation();
    const { version } = await publish(at, location);
    const manifest = await call({ path: `/agent/v1/versions/lake/${version}`, as: at.agent });
    expect(await manifest.json()).toMatchObject({ location: "lake", files: location.manifest.files });
    const other = await newPlace();
    expect((await call({ path: `/agent/v1/versions/lake/${version}`, as: other.agent })).status).toBe(404);
    expect((await call({ path: `/agent/v1/blobs/${location.sha256}`, as: other.agent })).status).toBe(404);
  });

  test("an agent cannot choose its identity by headers", async () => {
    const at = await newPlace();
    const other = await newPlace();
    const { welcome } = await connectAgent(at.agent, {
      headers: { "x-headgate-socket": "live", "x-headgate-token": "forged", "x-headgate-token-name": "forged" },
    });
    expect(welcome.deployment).toEqual({ org: at.place.org, name: at.place.name });
    const [agent] = await trpc<{ name: string; token: string }[]>(at, "agents.list", {});
    expect(JSON.stringify(agent)).not.toContain("forged");
    expect(await trpc(other, "agents.list", {})).toEqual([]);
  });

  test("an agent loses its socket at once when its token is revoked", async () => {
    const at = await newPlace();
    const { view, secret } = await trpc<{ view: TokenView; secret: string }>(at, "tokens.create", { name: "second", kind: "agent" });
    const { socket } = await connectAgent({ token: secret });
    await trpc(at, "tokens.revoke", { id: view.id });
    expect((await socket.closed).code).toBe(CLOSE.revoked);
    expect((await call({ path: `/agent/v1/blobs/${"0".repeat(64)}`, as: { token: secret } })).status).toBe(401);
  });
});

describe("raw output", () => {
  test("raw output is joined from unordered chunks and read from any byte", async () => {
    const at = await newPlace();
    const { job } = await leasedRun(at);
    const path = apiPath(at, `/runs/${job.run}/logs/${encodeURIComponent(job.step)}/${job.attempt}/stdout`);
    const read = async (offset: number): Promise<readonly [string, string | null]> => {
      const response = await call({ path: `${path}?offset=${offset}`, as: at.tokens.viewer });
      return [await response.text(), response.headers.get("x-headgate-complete")];
    };
    expect((await putChunk(at.agent, job, { rest: "stdout/0?offset=0", text: "first\n" })).status).toBe(200);
    expect((await putChunk(at.agent, job, { rest: "stdout/2?offset=13&final=1", text: "third\n" })).status).toBe(200);
    expect(await read(0)).toEqual(["first\n", "false"]);
    expect((await putChunk(at.agent, job, { rest: "stdout/1?offset=6", text: "second\n" })).status).toBe(200);
    expect(await read(0)).toEqual(["first\nsecond\nthird\n", "true"]);
    expect(await read(8)).toEqual(["cond\nthird\n", "true"]);
    expect(await read(19)).toEqual(["", "true"]);
  });

  test("raw output is text that no browser takes for a page", async () => {
    const at = await newPlace();
    const { job } = await leasedRun(at);
    await putChunk(at.agent, job, { rest: "stderr/0?offset=0&final=1", text: "<script>alert(1)</script>" });
    const response = await call({
      path: apiPath(at, `/runs/${job.run}/logs/${encodeURIComponent(job.step)}/${job.attempt}/stderr`),
      as: at.tokens.viewer,
    });
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).toBe("<script>alert(1)</script>");
  });

  test("a chunk of raw output counts once, however often it is sent", async () => {
    const at = await newPlace();
    const { job } = await leasedRun(at);
    for (let i = 0; i < 3; i++)
      expect((await putChunk(at.agent, job, { rest: "stdout/0?offset=0&final=1", text: "once" })).status).toBe(200);
    const response = await call({
      path: apiPath(at, `/runs/${job.run}/logs/${encodeURIComponent(job.step)}/${job.attempt}/stdout`),
      as: at.tokens.viewer,
    });
    expect(await response.text()).toBe("once");
  });

  test("raw output of a step leased to another agent is refused", async () => {
    const at = await newPlace();
    const { job } = await leasedRun(at);
    const { secret } = await trpc<{ secret: string }>(at, "tokens.create", { name: "second", kind: "agent" });
    const response = await putChunk({ token: secret }, job, { rest: "stdout/0?offset=0", text: "forged" });
    expect([403, 404, 409]).toContain(response.status);
    expect((await errorOf(response)).message).not.toBe("");
  });

  test("raw output that is not gzip, or a gzip bomb, is refused", async () => {
    const at = await newPlace();
    const { job } = await leasedRun(at);
    const path = logPath(job, "stdout/0?offset=0");
    expect((await call({ method: "PUT", path, as: at.agent, body: "plain" })).status).toBe(400);
    const half = (await gzip("whole text")).slice(0, 12);
    expect((await call({ method: "PUT", path, as: at.agent, body: half })).status).toBe(400);
    expect((await call({ method: "PUT", path, as: at.agent, body: await gzip("0".repeat(LOG_CHUNK_BYTES + 1)) })).status).toBe(413);
  });
});

describe("sockets of dashboards", () => {
  test("a dashboard's socket ends when its login link's token is revoked", async () => {
    const at = await newPlace();
    const made = await call({
      method: "POST",
      path: apiPath(at, "/trpc/tokens.create"),
      as: at.sessions.owner,
      json: { name: "ci", kind: "api", role: "admin" },
    });
    const { result } = await made.json<{ result: { data: { view: TokenView; secret: string } } }>();
    const link = await call({ method: "POST", path: "/api/v1/login-links", as: { token: result.data.secret } });
    const cookie = cookieOf(await call({ method: "POST", path: (await link.json<{ url: string }>()).url.slice(HOST.length) }));
    const socket = await connect({ path: apiPath(at, "/live"), as: { cookie } });
    await trpc(at, "tokens.revoke", { id: result.data.view.id });
    expect((await socket.closed).code).toBe(CLOSE.revoked);
  });

  test("a dashboard's socket gets changes and ends when its session logs out", async () => {
    const at = await newPlace();
    const session = at.sessions.viewer;
    const socket = await connect({ path: apiPath(at, "/live"), as: session });
    socket.send({ t: "hello", version: 1, since: null });
    expect(await socket.next("welcome")).toMatchObject({ version: 1 });
    await publish(at, await smallLocation());
    expect(await socket.next<{ changes: unknown[] }>("changes")).toMatchObject({ t: "changes" });
    expect((await call({ method: "POST", path: "/api/v1/logout", as: session })).status).toBe(200);
    expect((await socket.closed).code).toBe(CLOSE.revoked);
  });
});
