/** The agent's socket: hello, item numbers, epochs, leases and bad frames. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { MAX_FRAME_BYTES } from "@headgate/shared/protocol/constants.ts";
import { fireTimers, launch, newDeployment, person, publish, raw, rows, runStatus, type DeploymentObject } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";

async function deployment(graph: Record<string, string[]> = { a: [] }): Promise<DeploymentObject> {
  const stub = newDeployment();
  await stub.identify({ id: "dep-1", org: "acme", name: "prod" });
  await publish(stub, manifest(assetsOf(graph)));
  return stub;
}

describe("connections of agents", () => {
  it("the welcome names the deployment, active versions and received items", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    const welcome = await agent.start(stub, { labels: { name: "worker-1" } });
    expect(welcome).toMatchObject({
      protocol: 1,
      deployment: { org: "acme", name: "prod" },
      received: 0,
      drop: [],
      locations: [{ location: "lake" }],
    });
    expect(unwrap(await stub.ask("agents.list", undefined))).toMatchObject([
      { instance: agent.instance, name: "worker-1", status: "connected", slots: 4, running: 0, token: "test agent" },
    ]);
    const version = await publish(stub, manifest(assetsOf({ b: [] })));
    expect(await agent.next("load")).toMatchObject({ location: "lake", version });
    await agent.reported({ k: "location", location: "lake", version, state: "ready" });
    expect(unwrap(await stub.ask("agents.list", undefined))[0]?.locations).toContainEqual({ location: "lake", version, state: "ready" });
  });

  it("repeated reports are acknowledged and ignored", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "a" });
    const job = await agent.job("a");
    const line = {
      k: "event",
      s: 1,
      run: job.run,
      step: job.step,
      epoch: job.epoch,
      at: 0,
      event: { type: "log", level: "info", message: "once" },
    } as const;
    agent.send({ t: "batch", items: [line] });
    agent.send({ t: "batch", items: [line, { ...line, s: 2, event: { ...line.event, message: "twice" } }] });
    await agent.waitFor(() => agent.frames.some((frame) => frame.t === "ack" && frame.s === 2));
    const events = unwrap(await stub.ask("runs.events", { run: run.id, after: 0, limit: 100, types: ["log"] })).events;
    expect(events.map((row) => row.event)).toMatchObject([{ message: "once" }, { message: "twice" }]);
  });

  it("an agent that leaves a gap is told where to continue", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "a" });
    const job = await agent.job("a");
    const item = (s: number) =>
      ({
        k: "event",
        s,
        run: job.run,
        step: job.step,
        epoch: job.epoch,
        at: 0,
        event: { type: "log", level: "info", message: `${s}` },
      }) as const;
    agent.send({ t: "batch", items: [item(1), item(3)] });
    await agent.waitFor(() => agent.closed !== null);
    expect(agent.closed?.code).toBe(CLOSE.badFrame);
    expect((await agent.start(stub)).received).toBe(1);
  });

  it("a reconnected agent gets missed jobs and drops revoked ones", async () => {
    const stub = await deployment({ a: [], b: [] });
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    const a = await agent.job("a");
    await agent.job("b");
    agent.disconnect();
    await agent.waitFor(() => agent.closed !== null);
    const before = agent.frames.length;
    const ghost = { run: run.id, step: "ghost", epoch: 1 };
    const welcome = await agent.start(stub, { running: [{ run: run.id, step: "a", epoch: a.epoch }, ghost] });
    expect(welcome.drop).toEqual([ghost]);
    await agent.waitFor(() => agent.frames.slice(before).some((frame) => frame.t === "job"));
    expect(agent.frames.slice(before).filter((frame) => frame.t === "job")).toMatchObject([{ step: "b", epoch: 1, attempt: 1 }]);
  });

  it("a job is not sent again if the agent reports its end", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "a" });
    const job = await agent.job("a");
    agent.disconnect();
    await agent.waitFor(() => agent.closed !== null);
    const before = agent.frames.length;
    await agent.start(stub, { unacknowledged: [{ run: job.run, step: job.step, epoch: job.epoch }] });
    await agent.reported(...agent.success(job));
    expect(agent.frames.slice(before).filter((frame) => frame.t === "job")).toEqual([]);
    expect(await runStatus(stub, run.id)).toBe("succeeded");
  });

  it("a newer connection of the same process replaces the older one", async () => {
    const stub = await deployment();
    const first = new FakeAgent();
    await first.start(stub);
    const second = new FakeAgent(first.instance);
    await second.start(stub);
    await first.waitFor(() => first.closed !== null);
    expect(first.closed?.code).toBe(CLOSE.replaced);
    expect(unwrap(await stub.ask("agents.list", undefined))).toMatchObject([{ status: "connected" }]);
    await launch(stub, { selection: "a" });
    await second.job("a");
  });

  it("an agent cannot take over the instance of another token", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    const thief = new FakeAgent(agent.instance, "tok_other");
    await thief.connect(stub);
    thief.hello();
    await thief.waitFor(() => thief.closed !== null);
    expect(thief.closed?.code).toBe(CLOSE.revoked);
    expect(agent.closed).toBeNull();
  });

  it("an agent cannot report on a step leased to another agent", async () => {
    const stub = await deployment();
    const [owner, other] = [new FakeAgent(), new FakeAgent()];
    await owner.start(stub);
    const run = await launch(stub, { selection: "a" });
    const job = await owner.job("a");
    await other.start(stub);
    await other.reported(...other.success(job));
    expect(await runStatus(stub, run.id)).toBe("starting");
    await owner.reported(...owner.success(job));
    expect(await runStatus(stub, run.id)).toBe("succeeded");
  });

  it("steps of an agent that is silent for a lease are lost", async () => {
    const stub = await deployment();
    const [lost, other] = [new FakeAgent(), new FakeAgent()];
    await lost.start(stub);
    const run = await launch(stub, { selection: "a" });
    const job = await lost.job("a");
    await lost.reported(lost.started(job));
    lost.disconnect();
    await lost.waitFor(() => lost.closed !== null);
    await other.start(stub);
    await fireTimers(stub, "lease_check");
    expect(other.jobs()).toEqual([]);
    await rows(stub, "UPDATE agent SET last_seen_at = last_seen_at - 120000 WHERE status = 'disconnected'");
    await rows(stub, "UPDATE step SET assigned_at = assigned_at - 120000");
    await fireTimers(stub, "lease_check");
    const second = await other.job("a", 2);
    expect(second.epoch).toBe(2);
    const before = lost.frames.length;
    const welcome = await lost.start(stub, { running: [{ run: run.id, step: "a", epoch: 1 }] });
    expect(welcome.drop).toMatchObject([{ step: "a", epoch: 1 }]);
    expect(lost.frames.slice(before).filter((frame) => frame.t === "job")).toEqual([]);
    await lost.reported(lost.done(job, { outcome: "succeeded" }));
    await other.reported(...other.success(second));
    const detail = unwrap(await stub.ask("runs.get", { run: run.id }));
    expect(detail.run.status).toBe("succeeded");
    expect(detail.steps[0]).toMatchObject({ attempt: 2 });
    expect(await rows(stub, "SELECT kind FROM timer")).toEqual([]);
  });

  it("a step whose agents are lost repeatedly fails with that reason", async () => {
    const stub = await deployment();
    const run = await launch(stub, { selection: "a" });
    for (let attempt = 1; attempt <= 3; attempt++) {
      const agent = new FakeAgent();
      await agent.start(stub);
      await agent.job("a", attempt);
      agent.disconnect();
      await agent.waitFor(() => agent.closed !== null);
      await rows(stub, "UPDATE agent SET last_seen_at = last_seen_at - 120000");
      await rows(stub, "UPDATE step SET assigned_at = assigned_at - 120000");
      await fireTimers(stub, "lease_check");
    }
    expect(unwrap(await stub.ask("runs.get", { run: run.id }))).toMatchObject({
      run: { status: "failed" },
      failure: { kind: "agent_lost" },
    });
  });

  it("a draining agent keeps its steps and gets no new ones", async () => {
    const stub = await deployment({ a: [], b: ["a"] });
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    const job = await agent.job("a");
    agent.send({ t: "draining", reason: "SIGTERM", deadlineMs: 1000 });
    await agent.reported(...agent.success(job));
    expect(agent.jobs()).toHaveLength(1);
    expect(unwrap(await stub.ask("agents.list", undefined))[0]?.status).toBe("draining");
    expect(unwrap(await stub.ask("runs.get", { run: run.id })).steps[1]?.waiting?.kind).toBe("no_agent");
  });

  it("an agent with a refused instance cannot change that instance", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    const thief = new FakeAgent(agent.instance, "tok_other");
    await thief.connect(stub);
    thief.hello();
    thief.send({ t: "slots", slots: 99 });
    thief.send({ t: "draining", reason: "mischief", deadlineMs: 1 });
    await thief.waitFor(() => thief.closed !== null);
    expect(unwrap(await stub.ask("agents.list", undefined))).toMatchObject([{ slots: 4, status: "connected" }]);
  });

  it("a connection keeps the instance of its first hello", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    agent.hello({ instance: crypto.randomUUID() });
    await agent.waitFor(() => agent.closed !== null);
    expect(agent.closed?.code).toBe(CLOSE.badFrame);
    expect(unwrap(await stub.ask("agents.list", undefined))).toMatchObject([{ instance: agent.instance }]);
  });

  it("a report that cannot be stored does not block the others", async () => {
    const stub = await deployment({ a: [], b: [], c: [], d: ["c"] });
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "*" });
    const [a, b, c] = [await agent.job("a"), await agent.job("b"), await agent.job("c")];
    await rows(
      stub,
      "CREATE TRIGGER poison BEFORE INSERT ON event WHEN new.body LIKE '%poison%' OR (new.type = 'step_succeeded' AND new.step = 'b') BEGIN SELECT RAISE(ABORT, 'poison'); END",
    );
    await agent.reported(
      agent.started(a),
      agent.event(a, { type: "log", level: "info", message: "poison" }),
      agent.event(a, { type: "log", level: "info", message: "after" }),
      ...agent.success(a).slice(1),
      ...agent.success(b),
      agent.started(c),
      agent.event(c, { type: "asset_materialized", asset: "c", metadata: { note: { type: "text", value: "poison" } } }),
      agent.done(c, { outcome: "succeeded" }),
    );
    expect(await agent.next("cancel")).toMatchObject({ step: "c" });
    const detail = unwrap(await stub.ask("runs.get", { run: run.id }));
    expect(detail.steps.map((step) => step.status)).toEqual(["succeeded", "failed", "failed", "skipped"]);
    expect(detail).toMatchObject({ run: { status: "failed" }, failure: { kind: "internal" } });
    const { events } = unwrap(await stub.ask("runs.events", { run: run.id, after: 0, limit: 100 }));
    expect(events.map((row) => row.seq)).toEqual(events.map((_row, index) => index + 1));
    const details = "could not be stored: the control plane's log has the details.";
    expect(events.flatMap(({ event }) => (event.type === "log" || event.type === "engine" ? [event.message] : []))).toEqual([
      `The report 'log' ${details}`,
      "after",
      `The end of the step ${details}`,
      `The report 'asset_materialized' ${details}`,
    ]);
    expect(agent.closed).toBeNull();
  });

  it("an agent may change its number of slots", async () => {
    const stub = await deployment({ a: [], b: [] });
    const agent = new FakeAgent();
    await agent.start(stub, { slots: 1 });
    await launch(stub, { selection: "*" });
    await agent.job("a");
    agent.send({ t: "slots", slots: 2 });
    await agent.job("b");
  });

  it("an agent whose token is revoked is disconnected at once", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    await stub.tokenRevoked({ token: "tok_agent" });
    await agent.waitFor(() => agent.closed !== null);
    expect(agent.closed?.code).toBe(CLOSE.revoked);
    await launch(stub, { selection: "a" });
    expect(unwrap(await stub.ask("agents.list", undefined))[0]?.status).toBe("disconnected");
  });

  it("a step survives a rotated token, also when the deployment was evicted", async () => {
    const stub = await deployment();
    const [key, instance] = ["0123456789abcdef".repeat(4), crypto.randomUUID()];
    const agent = new FakeAgent(instance);
    await agent.start(stub, { key });
    const run = await launch(stub, { selection: "a" });
    const job = await agent.job("a");
    await agent.reported(agent.started(job));
    await stub.tokenRevoked({ token: "tok_agent" });
    await evictDurableObject(raw(stub));
    const again = new FakeAgent(instance, "tok_new");
    expect(await again.start(stub, { key, running: [{ run: job.run, step: "a", epoch: job.epoch }] })).toMatchObject({
      received: 1,
      drop: [],
    });
    again.send({ t: "batch", items: [{ ...again.done(job, { outcome: "succeeded" }), s: 2 }] });
    await expect.poll(() => runStatus(stub, run.id)).toBe("succeeded");
  });

  it("an agent of an unsupported version is told to upgrade", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.connect(stub);
    agent.hello({ protocol: { min: 90, max: 99 } });
    await agent.waitFor(() => agent.closed !== null);
    expect(agent.closed?.code).toBe(CLOSE.upgradeRequired);
    expect(agent.frames).toMatchObject([{ t: "error", code: "unsupported_version" }]);
  });

  const bad: readonly (readonly [string, string | ArrayBuffer, number])[] = [
    ["no JSON", "{", CLOSE.badFrame],
    ["a number", "1", CLOSE.badFrame],
    ["a malformed frame", JSON.stringify({ t: "batch", items: [] }), CLOSE.badFrame],
    ["a binary frame", new ArrayBuffer(4), CLOSE.badFrame],
    ["too large a frame", "x".repeat(MAX_FRAME_BYTES + 1), CLOSE.tooLarge],
    [
      "a batch before hello",
      JSON.stringify({ t: "batch", items: [{ k: "location", s: 1, location: "l", version: "v", state: "ready" }] }),
      CLOSE.badFrame,
    ],
  ];
  it.each(bad)("an agent that sends %s is disconnected with a code", async (_name, text, code) => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.connect(stub);
    agent.sendText(text);
    await agent.waitFor(() => agent.closed !== null);
    expect(agent.closed?.code).toBe(code);
  });

  it("frames of unknown kinds are ignored", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    agent.sendText(JSON.stringify({ t: "telepathy", x: 1 }));
    await launch(stub, { selection: "a" });
    await agent.job("a");
  });

  it("raw output with a missing chunk is not shown as complete", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "a" });
    await agent.job("a");
    const at = { run: run.id, step: "a", attempt: 1, stream: "stdout", token: "tok_agent" } as const;
    const whole = async (offset: number) => {
      const { run: id, step, attempt, stream } = at;
      return unwrap(await stub.logChunks({ run: id, step, attempt, stream, offset })).complete;
    };
    unwrap(await stub.recordLogChunk({ ...at, chunk: 0, offset: 0, bytes: 5, final: false, key: "logs/0" }));
    unwrap(await stub.recordLogChunk({ ...at, chunk: 2, offset: 12, bytes: 0, final: true, key: "logs/2" }));
    expect([await whole(0), await whole(5), await whole(12)]).toEqual([false, false, true]);
    expect(unwrap(await stub.ask("runs.logFiles", { run: run.id }))).toMatchObject([{ bytes: 5, complete: false }]);
    unwrap(await stub.recordLogChunk({ ...at, chunk: 1, offset: 5, bytes: 7, final: false, key: "logs/1" }));
    expect([await whole(0), await whole(5), await whole(12)]).toEqual([true, true, true]);
    expect(unwrap(await stub.ask("runs.logFiles", { run: run.id }))).toMatchObject([{ bytes: 12, complete: true }]);
  });

  it("an agent uploads raw output only of its own attempts", async () => {
    const stub = await deployment();
    const agent = new FakeAgent();
    await agent.start(stub);
    const run = await launch(stub, { selection: "a" });
    const job = await agent.job("a");
    await agent.reported(...agent.success(job));
    const chunk = {
      run: run.id,
      step: "a",
      attempt: 1,
      stream: "stdout",
      chunk: 0,
      offset: 0,
      bytes: 5,
      final: false,
      key: "logs/1",
    } as const;
    expect((await stub.recordLogChunk({ ...chunk, token: "tok_other" })).ok).toBe(false);
    expect((await stub.recordLogChunk({ ...chunk, attempt: 2, token: "tok_agent" })).ok).toBe(false);
    unwrap(await stub.recordLogChunk({ ...chunk, token: "tok_agent" }));
    unwrap(await stub.recordLogChunk({ ...chunk, token: "tok_agent" }));
    unwrap(await stub.recordLogChunk({ ...chunk, chunk: 1, offset: 5, bytes: 7, final: true, key: "logs/2", token: "tok_agent" }));
    expect(unwrap(await stub.ask("runs.logFiles", { run: run.id }))).toEqual([
      { step: "a", attempt: 1, stream: "stdout", bytes: 12, complete: true },
    ]);
    const from = unwrap(await stub.logChunks({ run: run.id, step: "a", attempt: 1, stream: "stdout", offset: 6 }));
    expect(from).toMatchObject({ complete: true, chunks: [{ chunk: 1, key: "logs/2" }] });
    expect(unwrap(await stub.perform("runs.cancel", { run: (await launch(stub, { selection: "a" })).id }, person)).status).toBe(
      "canceling",
    );
  });
});
