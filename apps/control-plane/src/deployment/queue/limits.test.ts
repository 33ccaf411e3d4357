/** The queue: limits are kept, no run starves, and everything that waits has a reason. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { QueueView } from "@headgate/shared/contract/runs/queue.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import {
  fireTimers,
  launch,
  newDeployment,
  person,
  publish,
  raw,
  rows,
  runStatus,
  type DeploymentObject,
} from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { LiveClient } from "../../../test/support/live-client.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";

type Settings = Partial<QueueView["settings"]>;

const queueOf = async (stub: DeploymentObject): Promise<QueueView> => unwrap(await stub.ask("queue.get", undefined));
const change = async (stub: DeploymentObject, settings: Settings) =>
  unwrap(
    await stub.perform(
      "settings.update",
      // The stub's input type has mutable arrays.
      structuredClone(settings) as InputOf<"settings.update">,
      person,
    ),
  );
const waits = async (stub: DeploymentObject, run: string) => unwrap(await stub.ask("runs.get", { run })).run.waiting;
const lake = manifest(assetsOf({ a: [] }));

async function agentFor(stub: DeploymentObject, hello: Parameters<FakeAgent["start"]>[1] = {}): Promise<FakeAgent> {
  const agent = new FakeAgent();
  await agent.start(stub, hello);
  return agent;
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function jobs(agent: FakeAgent, count: number): Promise<JobFrame[]> {
  await agent.waitFor(() => agent.jobs().length >= count, `${count} jobs`);
  return agent.jobs();
}

describe("tag limits", () => {
  it("a tag limit delays only its own runs and names their holders", async () => {
    const stub = newDeployment();
    await publish(stub, lake);
    await change(stub, { tagLimits: [{ key: "team", value: "a", limit: 1 }], maxConcurrentRuns: 50 });
    const first = await launch(stub, { selection: "*" }, { tags: { team: "a" } });
    // The queue has more than one page.
    await runInDurableObject(raw(stub), async (instance) => {
      for (let index = 0; index < 250; index++)
        await instance.perform("runs.launch", { target: { selection: "*", checksOnly: false }, tags: { team: "a" }, priority: 5 }, person);
    });
    const other = await launch(stub, { selection: "*" }, { tags: { team: "b" } });
    const agent = await agentFor(stub, { slots: 2 });
    const [one, two] = await jobs(agent, 2);
    expect([one?.tags, two?.tags]).toEqual([{ team: "a" }, { team: "b" }]);
    expect(two?.run).toBe(other.id);
    const waiting = await waits(stub, first.id);
    expect(waiting).toEqual({
      kind: "tag_limit",
      message: `waiting for a run with tag team=a to end: 1/1 in progress, held by run ${one?.run}`,
    });
    const view = await queueOf(stub);
    expect(view).toMatchObject({ activeRuns: 2, queuedTotal: 250, tags: [{ tag: "team=a", used: 1, limit: 1, waiting: 250 }] });
    expect(view.queued[0]).toMatchObject({ priority: 5, waiting: { kind: "tag_limit" } });
    expect(view.queued).toHaveLength(100);
    if (one) await agent.reported(...agent.success(one));
    expect((await jobs(agent, 3))[2]?.tags).toEqual({ team: "a" });
  });

  it("runs under a tag limit of 0 start when it is raised", async () => {
    const stub = newDeployment();
    await publish(stub, lake);
    const agent = await agentFor(stub);
    await change(stub, { tagLimits: [{ key: "heavy", limit: 0 }] });
    const run = await launch(stub, { selection: "*" }, { tags: { heavy: "yes" } });
    expect(run.waiting?.kind).toBe("tag_limit");
    const live = new LiveClient();
    await live.connect(stub);
    await change(stub, { tagLimits: [{ key: "heavy", limit: 1 }] });
    await jobs(agent, 1);
    await live.until(() => live.changes().some((entry) => entry.type === "settings"));
    expect(await runStatus(stub, run.id)).toBe("starting");
  });
});

describe("pools", () => {
  it("pool slots come from settings, then code, then the default", async () => {
    const stub = newDeployment();
    const pools = { a: "set", b: "coded", c: "unknown" };
    const units = Object.entries(pools).map(([key, pool]) => ({ id: key, kind: "asset" as const, assets: [key], pool }));
    await publish(stub, manifest({ ...assetsOf({ a: [], b: [], c: [] }), units, pools: { set: 9, coded: 1 } }));
    await change(stub, { pools: { set: 1 }, defaultPoolLimit: 1 });
    const agent = await agentFor(stub, { slots: 9 });
    const first = await launch(stub, { selection: "*" });
    const second = await launch(stub, { selection: "*" });
    await jobs(agent, 3);
    expect(agent.jobs().map((job) => job.run)).toEqual([first.id, first.id, first.id]);
    expect(await waits(stub, second.id)).toEqual({ kind: "pool", message: `waiting for pool set 1/1, held by run ${first.id} step a` });
    expect((await queueOf(stub)).pools).toMatchObject([
      { name: "coded", limit: 1, source: "code", used: 1, waiting: 1, holders: [{ run: first.id, step: "b" }] },
      { name: "set", limit: 1, source: "settings", used: 1, waiting: 1 },
      { name: "unknown", limit: 1, source: "default", used: 1, waiting: 1 },
    ]);
    const [job] = agent.jobs();
    if (job) await agent.reported(...agent.success(job));
    expect((await jobs(agent, 4))[3]).toMatchObject({ run: second.id, step: job?.step });
    await change(stub, { defaultPoolLimit: null });
    await jobs(agent, 5);
  });
});

describe("slots of agents", () => {
  it("busy slots are named with the runs of the same queue", async () => {
    const stub = newDeployment();
    await publish(stub, lake);
    const [agent, other] = [await agentFor(stub, { slots: 1 }), await agentFor(stub, { slots: 1, queue: "gpu" })];
    const elsewhere = await launch(stub, { selection: "*" }, { tags: { "headgate/queue": "gpu" } });
    const first = await launch(stub, { selection: "*" });
    const second = await launch(stub, { selection: "*" });
    await Promise.all([jobs(agent, 1), jobs(other, 1)]);
    expect(await waits(stub, second.id)).toEqual({ kind: "slots", message: `the only slot is busy, held by run ${first.id}` });
    const third = await launch(stub, { selection: "*" }, { tags: { "headgate/queue": "gpu" } });
    expect((await waits(stub, third.id))?.message).toContain(elsewhere.id);
  });
});

describe("agents in the queue", () => {
  it("an agent that failed to load a version is avoided if possible", async () => {
    const stub = newDeployment();
    const version = await publish(stub, lake);
    const broken = await agentFor(stub, { slots: 5, locations: [{ location: "lake", version, state: "failed" }] });
    const good = await agentFor(stub, { slots: 1 });
    await launch(stub, { selection: "*" });
    const second = await launch(stub, { selection: "*" });
    await jobs(good, 1);
    expect(broken.jobs()).toEqual([]);
    expect(await waits(stub, second.id)).toMatchObject({ kind: "slots", message: expect.stringContaining("could not load it") as unknown });
    good.disconnect();
    await eventually(async () => (await queueOf(stub)).agents.connected === 1);
    await fireTimers(stub, "lease_check");
    // The agent may reconnect.
    expect(broken.jobs()).toEqual([]);
    expect(await waits(stub, second.id)).toMatchObject({ message: expect.stringContaining("busy or away") as unknown });
    await rows(stub, "UPDATE agent SET last_seen_at = last_seen_at - 120000 WHERE status = 'disconnected'");
    await rows(stub, "UPDATE step SET assigned_at = assigned_at - 120000 WHERE status = 'assigned'");
    await fireTimers(stub, "lease_check");
    // No other agent is left, so one tries again and the step runs or fails with the reason.
    await jobs(broken, 2);
    expect(broken.jobs().map((job) => job.run)).toContain(second.id);
  });

  it("an agent of a queue takes only runs of that queue", async () => {
    const stub = newDeployment();
    await publish(stub, lake);
    const gpu = await agentFor(stub, { queue: "gpu" });
    const plain = await launch(stub, { selection: "*" });
    const tagged = await launch(stub, { selection: "*" }, { tags: { "headgate/queue": "gpu" } });
    expect((await jobs(gpu, 1))[0]?.run).toBe(tagged.id);
    expect(await waits(stub, plain.id)).toEqual({ kind: "no_agent", message: "no agent of queue 'default' connected" });
    const normal = await agentFor(stub);
    expect((await jobs(normal, 1))[0]?.run).toBe(plain.id);
  });
});

describe("the start timeout", () => {
  const late = async (stub: DeploymentObject) => {
    await rows(stub, "UPDATE step SET assigned_at = assigned_at - 61000 WHERE status = 'assigned'");
    await fireTimers(stub, "start_timeout");
  };

  it("an unstarted step moves to another agent and finally fails", async () => {
    const stub = newDeployment();
    await publish(stub, lake);
    await change(stub, { startTimeoutSeconds: 60 });
    const one = await agentFor(stub, { slots: 9 });
    const run = await launch(stub, { selection: "*" });
    const [job] = await jobs(one, 1);
    const two = await agentFor(stub);
    await fireTimers(stub, "start_timeout");
    expect(one.frames.filter((frame) => frame.t === "cancel")).toEqual([]);
    await late(stub);
    expect(await one.next("cancel")).toMatchObject({ step: "a", epoch: job?.epoch });
    expect((await jobs(two, 1))[0]?.attempt).toBe(2);
    await late(stub);
    await jobs(one, 2);
    await late(stub);
    const ended = unwrap(await stub.ask("runs.get", { run: run.id }));
    expect(ended.run.status).toBe("failed");
    expect(ended.failure?.message).toContain("did not start within 1 minute, 3 times in a row");
    expect(await rows(stub, "SELECT kind FROM timer WHERE kind = 'start_timeout'")).toEqual([]);
  });

  it("steps of a canceled run do not wake the deployment repeatedly", async () => {
    const stub = newDeployment();
    await publish(stub, lake);
    await change(stub, { startTimeoutSeconds: 60 });
    const agent = await agentFor(stub);
    const run = await launch(stub, { selection: "*" });
    await jobs(agent, 1);
    await stub.perform("runs.cancel", { run: run.id }, person);
    await late(stub);
    expect(await runStatus(stub, run.id)).toBe("canceling");
    const timers = await rows(stub, "SELECT at FROM timer WHERE kind = 'start_timeout'");
    expect(timers.filter((timer) => Number(timer["at"]) <= Date.now() + 1000)).toEqual([]);
  });
});
