/** Attempt tokens over the network: who gets one, what it opens, and everything that it does not. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { RunDetail } from "@headgate/shared/contract/runs/run-views.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { AttemptTokenAnswer } from "@headgate/shared/protocol/attempt.ts";
import type { DownFrame, JobFrame } from "@headgate/shared/protocol/down.ts";
import { AGENT_SUBPROTOCOL } from "@headgate/shared/protocol/version.ts";
import { openDirectory } from "../src/directory/database.ts";
import { parseToken } from "../src/directory/secrets.ts";
import { createToken, revokeToken } from "../src/directory/tokens.ts";
import { base64Url, readClaims, signAttemptToken } from "../src/deployment/kernel/attempt-token.ts";
import { countPodCalls, POD_RATE } from "../src/http/access/call-rate.ts";
import { helloOf } from "../src/testing/hello.ts";
import { leasedRun } from "./support/agent-client.ts";
import { call, type Credentials, errorOf } from "./support/client.ts";
import type { DeploymentObject } from "./support/deployment.ts";
import { trpc } from "./support/publishing.ts";
import { connect, type TestSocket } from "./support/socket.ts";
import { makePlace, migrate, operator, type Place } from "./support/world.ts";

let places = 0;
const newPlace = (): Promise<Place> => makePlace(`pods-${++places}`, "prod");
beforeAll(migrate);

const agentSocket = { upgrade: "websocket", "sec-websocket-protocol": AGENT_SUBPROTOCOL };
const post = (path: string, as: Credentials, json: unknown): Promise<Response> =>
  call({ method: "POST", path: `/agent/v1/${path}`, as, json });
const refOf = ({ run, step, epoch }: JobFrame) => ({ run, step, epoch });

async function leasedPod(at: Place): Promise<{ readonly launcher: TestSocket; readonly job: JobFrame; readonly pod: Credentials }> {
  const { socket, job } = await leasedRun(at);
  const answered = await post("attempt-token", at.agent, refOf(job));
  const { token } = await answered.json<AttemptTokenAnswer>();
  return { launcher: socket, job, pod: { token } };
}

async function connectPod(as: Credentials): Promise<TestSocket> {
  const socket = await connect({ path: "/agent/v1/connect", as, headers: { "sec-websocket-protocol": AGENT_SUBPROTOCOL } });
  socket.send(helloOf(crypto.randomUUID(), { hostname: "pod-1" }));
  return socket;
}

async function gzip(text: string): Promise<ArrayBuffer> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
}

async function putLog(as: Credentials, run: string, path: string): Promise<Response> {
  return call({ method: "PUT", path: `/agent/v1/logs/${run}/${path}`, as, body: await gzip("hello") });
}

async function secondAgentToken({ place }: Place): Promise<Credentials> {
  const options = { place, name: "second", kind: "agent", role: null, expiresInDays: null, userId: null, actor: operator } as const;
  return { token: (await createToken(openDirectory(env.DB), options)).secret };
}

describe("a pod with an attempt token", () => {
  it("a pod runs its step, uploads output and renews its token", async () => {
    const at = await newPlace();
    const { job, pod } = await leasedPod(at);
    const socket = await connectPod(pod);
    expect(await socket.next<JobFrame>("job")).toMatchObject(refOf(job));
    const renewed = await post("attempt-token", pod, refOf(job));
    const { token } = await renewed.json<AttemptTokenAnswer>();
    const version = await call({ path: `/agent/v1/versions/${job.location}/${job.version}`, as: { token } });
    const manifest = await version.json<{ files: { sha256: string }[] }>();
    expect((await call({ path: `/agent/v1/blobs/${manifest.files[0]?.sha256}`, as: pod })).status).toBe(200);
    expect((await post("blobs", pod, { blobs: manifest.files.map(({ sha256 }) => sha256) })).status).toBe(200);
    const step = { run: job.run, step: job.step, epoch: job.epoch, at: 0 };
    socket.send({
      t: "batch",
      items: [
        { k: "event", s: 1, ...step, event: { type: "step_started", worker: "w1", pid: 1 } },
        { k: "done", s: 2, ...step, result: { outcome: "succeeded" } },
      ],
    });
    expect(await socket.next<Extract<DownFrame, { t: "ack" }>>("ack")).toEqual({ t: "ack", s: 2 });
    // Output may arrive after the end.
    expect((await putLog(pod, job.run, `${encodeURIComponent(job.step)}/1/stdout/0?offset=0`)).status).toBe(200);
    const { steps } = await trpc<RunDetail>(at, "runs.get", { run: job.run });
    expect(steps).toMatchObject([{ status: "succeeded", attempt: 1 }]);
  });

  it("an attempt token opens nothing beside its attempt", async () => {
    const at = await newPlace();
    const { job, pod } = await leasedPod(at);
    const refusals = [
      await call({ path: `/agent/v1/versions/${job.location}/other`, as: pod }),
      await call({ path: `/agent/v1/versions/other/${job.version}`, as: pod }),
      await putLog(pod, crypto.randomUUID(), `${encodeURIComponent(job.step)}/1/stdout/0?offset=0`),
      await putLog(pod, job.run, "other/1/stdout/0?offset=0"),
      await putLog(pod, job.run, `${encodeURIComponent(job.step)}/2/stdout/0?offset=0`),
      await post("attempt-token", pod, { ...refOf(job), epoch: 2 }),
      await post("attempt-end", pod, { ...refOf(job), outcome: "canceled" }),
      await post("attempt-waits", pod, { ...refOf(job), reason: "tired" }),
      await call({ method: "POST", path: `/api/${at.place.org}/prod/trpc/home.get`, as: pod, json: {} }),
      await call({ path: `/api/${at.place.org}/prod/live`, as: pod, headers: { upgrade: "websocket" } }),
    ];
    expect(refusals.map(({ status }) => status)).toEqual(refusals.map(() => 403));
    for (const refused of refusals.slice(0, 6))
      expect((await errorOf(refused)).message).toContain(`is not part of what this attempt token is for: '${job.step}' in run ${job.run}`);
    for (const refused of refusals.slice(6, 8)) expect((await errorOf(refused)).message).toContain("needs an agent token");
    const { steps } = await trpc<RunDetail>(at, "runs.get", { run: job.run });
    expect(steps).toMatchObject([{ status: "assigned" }]);
  });

  it("a token that was changed, or signed elsewhere, is refused", async () => {
    const at = await newPlace();
    const other = await newPlace();
    const { job, pod } = await leasedPod(at);
    const foreign = await leasedPod(other);
    const claims = readClaims(pod.token ?? "");
    if (!claims) throw new Error("no claims");
    const [, mac] = (pod.token ?? "").split(".");
    const encoded = (changed: object) => `hgp_${base64Url(new TextEncoder().encode(JSON.stringify({ ...claims, ...changed })))}.${mac}`;
    const foreignClaims = readClaims(foreign.pod.token ?? "");
    const tokens = [
      encoded({ epoch: 2 }),
      encoded({ expiresAt: claims.expiresAt * 2 }),
      encoded({ deployment: other.place.id }),
      encoded({ deployment: other.place.id, token: foreignClaims?.token }),
      encoded({ token: parseToken(other.agent.token ?? "")?.id }),
      encoded({ deployment: "nothing" }),
      signAttemptToken(claims, new Uint8Array(32)),
      `${pod.token}x`,
      (pod.token ?? "").replace(/\.(.)/, (_, first: string) => `.${first === "A" ? "B" : "A"}`),
      `hgp_${"A".repeat(40)}.${mac}`,
      "hgp_",
      "hgp_.",
    ];
    for (const token of tokens) {
      for (const request of [
        { path: "/agent/v1/connect", headers: agentSocket },
        { path: `/agent/v1/versions/${job.location}/${job.version}` },
      ])
        expect((await call({ ...request, as: { token } })).status).toBe(401);
    }
    // The true token of the other organization opens only what is there.
    expect((await call({ path: `/agent/v1/versions/${job.location}/${job.version}`, as: foreign.pod })).status).toBe(
      foreign.job.version === job.version ? 200 : 403,
    );
    expect((await putLog(foreign.pod, job.run, `${encodeURIComponent(job.step)}/1/stdout/0?offset=0`)).status).toBe(403);
    const socket = await connectPod(foreign.pod);
    expect(await socket.next<JobFrame>("job")).toMatchObject({ run: foreign.job.run });
  });

  it("a pod of an ended attempt cannot connect again", async () => {
    const at = await newPlace();
    const { job, pod } = await leasedPod(at);
    expect(await (await post("attempt-end", at.agent, { ...refOf(job), outcome: "canceled" })).json()).toEqual({ open: true });
    const socket = await connectPod(pod);
    expect(await socket.next<DownFrame>("error")).toMatchObject({ code: "conflict", message: expect.stringContaining("is over") });
    expect((await socket.closed).code).toBe(CLOSE.replaced);
  });

  it("pods that ask without end are told when to return", async () => {
    const at = await newPlace();
    const { job, pod } = await leasedPod(at);
    const wrong = { token: (pod.token ?? "").replace(/\.(.)/, (_, first: string) => `.${first === "A" ? "B" : "A"}`) };
    const ask = (as: Credentials) => call({ path: `/agent/v1/versions/${job.location}/${job.version}`, as });
    expect((await ask(wrong)).status).toBe(401);
    // In a minute, so that nothing is refilled while the test runs.
    countPodCalls(parseToken(at.agent.token ?? "")?.id ?? "", Date.now() + 60_000, POD_RATE.burst);
    const refused = await ask(wrong);
    expect([refused.status, (await errorOf(refused)).message]).toEqual([429, expect.stringContaining("the pods of this agent token send")]);
    expect((await ask(at.agent)).status).toBe(200);
  });

  it("a request of a pod from a web page is refused", async () => {
    const at = await newPlace();
    const { pod } = await leasedPod(at);
    expect((await call({ path: "/agent/v1/connect", headers: agentSocket, as: { ...pod, origin: "https://evil.test" } })).status).toBe(403);
  });
});

describe("who gets an attempt token", () => {
  it("only the agent that has the attempt gets its token", async () => {
    const at = await newPlace();
    const other = await newPlace();
    const { job } = await leasedPod(at);
    const second = await secondAgentToken(at);
    const forSecond = await post("attempt-token", second, refOf(job));
    expect([forSecond.status, (await errorOf(forSecond)).message]).toEqual([
      403,
      `Attempt 1 of '${job.step}' was given to an agent with another token.`,
    ]);
    expect((await post("attempt-end", second, { ...refOf(job), outcome: "canceled" })).status).toBe(403);
    expect((await post("attempt-waits", second, { ...refOf(job), reason: "quota" })).status).toBe(403);
    expect((await post("attempt-token", other.agent, refOf(job))).status).toBe(409);
    expect(await (await post("attempt-end", other.agent, { ...refOf(job), outcome: "canceled" })).json()).toEqual({ open: false });
    expect((await post("attempt-token", at.agent, { ...refOf(job), epoch: 5 })).status).toBe(409);
    expect((await post("attempt-token", at.agent, { run: job.run })).status).toBe(400);
    const { steps } = await trpc<RunDetail>(at, "runs.get", { run: job.run });
    expect(steps).toMatchObject([{ status: "assigned", attempt: 1 }]);
  });

  it("a revoked agent token takes its attempt tokens and pods with it", async () => {
    const at = await newPlace();
    const { job, pod } = await leasedPod(at);
    const socket = await connectPod(pod);
    await socket.next("job");
    const { id } = parseToken(at.agent.token ?? "") ?? { id: "" };
    await revokeToken(openDirectory(env.DB), { place: at.place, id, actor: operator });
    const refused = await call({ path: `/agent/v1/versions/${job.location}/${job.version}`, as: pod });
    expect([refused.status, (await errorOf(refused)).message]).toEqual([401, expect.stringContaining("the token was revoked")]);
    const stub = env.DEPLOYMENT.get(env.DEPLOYMENT.idFromName(at.place.id)) as unknown as DeploymentObject;
    await stub.tokenRevoked({ token: id });
    expect((await socket.closed).code).toBe(CLOSE.replaced);
    expect((await call({ path: "/agent/v1/connect", headers: agentSocket, as: pod })).status).toBe(401);
  });
});
