/** A viewer in a loop and a flooding agent must not stop a deployment for others. Latencies are printed, not asserted. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { RunDetail, RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { MAX_BATCH_CALLS } from "@headgate/shared/contract/http/limits.ts";
import { MAX_JSON_DEPTH } from "@headgate/shared/domain/json.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { openDirectory } from "../src/directory/database.ts";
import { parseToken } from "../src/directory/secrets.ts";
import { checkToken, createToken } from "../src/directory/tokens.ts";
import { CALL_RATE, countCalls } from "../src/http/access/call-rate.ts";
import { connectAgent, leasedRun } from "./support/agent-client.ts";
import { call, type Credentials, errorOf } from "./support/client.ts";
import { type DeploymentObject, fireTimers } from "./support/deployment.ts";
import { apiPath, publish, smallLocation, trpc } from "./support/publishing.ts";
import { makePlace, migrate, operator, type Place } from "./support/world.ts";

let places = 0;
const newPlace = (): Promise<Place> => makePlace(`attack-${++places}`, "prod");
beforeAll(migrate);

/** The token of an agent that has no step. */
async function otherAgent({ place }: Place): Promise<Credentials> {
  const directory = openDirectory(env.DB);
  const options = { place, name: "other", kind: "agent", role: null, expiresInDays: null, userId: null, actor: operator } as const;
  return { token: (await createToken(directory, options)).secret };
}

async function runningStep(at: Place): Promise<{ readonly job: JobFrame; readonly run: RunSummary }> {
  const { socket, job, run } = await leasedRun(at);
  const event = { type: "step_started", worker: "w1", pid: 1 };
  socket.send({ t: "batch", items: [{ k: "event", s: 2, run: job.run, step: job.step, epoch: job.epoch, at: 0, event }] });
  return { job, run };
}

const batch = (at: Place, as: Credentials, count: number): Promise<Response> =>
  call({ method: "POST", path: apiPath(at, `/trpc/${Array<string>(count).fill("home.get").join(",")}?batch=1`), as, json: {} });

async function idOf(as: Credentials): Promise<string> {
  const parsed = parseToken(as.token ?? "");
  const checked = parsed && (await checkToken(openDirectory(env.DB), parsed));
  if (!checked?.ok) throw new Error("the token is not valid");
  return checked.token.id;
}

describe("a caller in a loop", () => {
  it("a batch has at most ten calls", async () => {
    const at = await newPlace();
    expect((await batch(at, at.tokens.viewer, MAX_BATCH_CALLS)).status).toBe(200);
    for (const count of [MAX_BATCH_CALLS + 1, 500]) {
      const refused = await batch(at, at.tokens.viewer, count);
      expect(refused.status).toBe(400);
      expect((await errorOf(refused)).message).toContain(`a batch has ${count} calls; at most ${MAX_BATCH_CALLS} are taken`);
    }
    const byLink = await call({ path: apiPath(at, `/trpc/${"home.get,".repeat(11)}home.get?batch=1`), as: at.sessions.viewer });
    expect(byLink.status).toBe(400);
  });

  it("a credential without calls left is told when to return", async () => {
    const at = await newPlace();
    const token = { id: await idOf(at.tokens.viewer) };
    // In a minute, so that nothing is refilled while the test runs.
    countCalls({ kind: "api", token } as never, Date.now() + 60_000, CALL_RATE.burst);
    const refused = await batch(at, at.tokens.viewer, 10);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await errorOf(refused)).message).toContain("this token sends too many requests; try again in");
    expect((await batch(at, at.sessions.viewer, 10)).status).toBe(200);
    expect((await batch(at, at.tokens.admin, 10)).status).toBe(200);
  });

  it.each([MAX_JSON_DEPTH + 100, 10_000, 100_000])("a run config nested %i levels deep is refused with a sentence", async (depth) => {
    const at = await newPlace();
    await publish(at, await smallLocation());
    const body = `{"target":{"selection":"raw/orders"},"config":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const headers = { "content-type": "application/json" };
    const refused = await call({ method: "POST", path: apiPath(at, "/trpc/runs.launch"), as: at.tokens.owner, body, headers });
    expect(refused.status).toBe(400);
    expect((await errorOf(refused)).message).toContain(`nested more than ${MAX_JSON_DEPTH} levels deep`);
    const get = `/trpc/runs.list?input=${encodeURIComponent(`${"[".repeat(1200)}${"]".repeat(1200)}`)}`;
    expect((await call({ path: apiPath(at, get), as: at.tokens.owner })).status).toBe(400);
    const errors = await call({ method: "POST", path: apiPath(at, "/locations/lake/errors"), as: at.tokens.owner, body, headers });
    expect(errors.status).toBe(400);
  });
});

describe("an agent that floods", () => {
  it("raw output of a foreign step leaves nothing in the bucket", async () => {
    const at = await newPlace();
    const { job } = await runningStep(at);
    const other = await otherAgent(at);
    const before = (await env.BUCKET.list()).objects.length;
    const put = (as: Credentials, run: string) =>
      call({
        method: "PUT",
        path: `/agent/v1/logs/${run}/${encodeURIComponent(job.step)}/1/stdout/0?offset=0`,
        as,
        body: new Uint8Array(50_000),
      });
    expect((await put(at.agent, "01993000-0000-7000-8000-000000000000")).status).toBe(404);
    expect((await put(other, job.run)).status).toBe(403);
    expect((await env.BUCKET.list()).objects).toHaveLength(before);
  });

  it("a loop of calls and a flood of reports end no lease", async () => {
    const at = await newPlace();
    const { job, run } = await runningStep(at);
    const latency = async (): Promise<number> => {
      const times: number[] = [];
      for (let asked = 0; asked < 41; asked++) {
        const started = Date.now();
        await trpc(at, "home.get", {});
        times.push(Date.now() - started);
      }
      return times.sort((a, b) => a - b)[20] ?? 0;
    };
    // The first calls prepare the code.
    await latency();
    const quiet = await latency();
    const over = new AbortController();
    const viewer = (async () => {
      while (!over.signal.aborted) await batch(at, at.tokens.viewer, MAX_BATCH_CALLS);
    })();
    const { socket } = await connectAgent(await otherAgent(at), { slots: 0 });
    const flood = (async () => {
      for (let s = 1; !over.signal.aborted; s += 200) {
        const event = { type: "log", level: "info", message: "x" };
        const items = Array.from({ length: 200 }, (_, no) => ({
          k: "event",
          s: s + no,
          run: job.run,
          step: job.step,
          epoch: 1000 + s + no,
          at: 0,
          event,
        }));
        socket.send({ t: "batch", items });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const busy = await latency();
    const stub = env.DEPLOYMENT.get(env.DEPLOYMENT.idFromName(at.place.id)) as unknown as DeploymentObject;
    await fireTimers(stub, "lease_check");
    over.abort();
    await Promise.all([viewer, flood]);
    console.info(
      `home.get: ${quiet} ms, beside a viewer's loop and a flood of reports ${busy} ms: ${(busy / Math.max(1, quiet)).toFixed(1)} times`,
    );
    const { steps } = await trpc<RunDetail>(at, "runs.get", { run: run.id });
    expect(steps.map(({ status, attempt }) => ({ status, attempt }))).toEqual([{ status: "running", attempt: 1 }]);
    const events = await trpc<{ readonly events: readonly { readonly event: { readonly type: string } }[] }>(at, "runs.events", {
      run: run.id,
      after: 0,
    });
    expect(events.events.filter(({ event }) => event.type === "engine")).toHaveLength(1);
  });
});
