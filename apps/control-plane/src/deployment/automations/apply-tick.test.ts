/** Sensors and schedules with user code: their evaluation, their results, and agents that vanish. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { TickPart, TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { moveClock, ringAlarm, setClock, useRealClock } from "../../../test/support/clock.ts";
import { type DeploymentObject, newDeployment, person, publish, rows } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";

const NOON = Date.UTC(2027, 5, 15, 12);
const HOUR = 3_600_000;
const jobs = [{ name: "nightly", selection: "*" }];
const SENSOR = { location: "lake", kind: "sensor", name: "files" } as const;
const SCHEDULE = { location: "lake", kind: "schedule", name: "s" } as const;

type Asked = Partial<Omit<Extract<TickResult, { outcome: "evaluated" }>, "outcome">>;
const evaluated = (asked: Asked = {}): TickResult => ({ outcome: "evaluated", cursor: null, runs: [], logs: [], ...asked });
const answer = (frame: TickFrame, result: TickResult) => ({ k: "tick", tick: frame.tick, result }) as const;
const part = (frame: TickFrame, no: number, asked: Partial<TickPart>) =>
  ({ k: "tick_part", tick: frame.tick, part: { part: no, cursor: null, runs: [] as TickPart["runs"], ...asked } }) as const;
const key = (runKey: string) => ({ runKey, tags: {} });

async function tickFrames(agent: FakeAgent, count: number): Promise<TickFrame[]> {
  const found = () => agent.frames.filter((frame): frame is TickFrame => frame.t === "tick");
  await agent.waitFor(() => found().length >= count, `${count} ticks`);
  expect(found()).toHaveLength(count);
  return found();
}
const ticksOf = async (stub: DeploymentObject) => unwrap(await stub.ask("automations.ticks", { limit: 100 })).items.toReversed();
const runCount = async (stub: DeploymentObject) => (await rows(stub, "SELECT id FROM run")).length;

beforeEach(() => setClock(NOON));
afterEach(useRealClock);

describe("polling sensors", () => {
  const sensed = manifest({
    ...assetsOf({ a: [] }),
    jobs,
    sensors: [{ name: "files", kind: "polling", job: "nightly", intervalSeconds: 60 }],
  });

  async function started() {
    const stub = newDeployment();
    await publish(stub, sensed);
    const agent = new FakeAgent();
    // Without slots the runs stay queued, and the agent only evaluates ticks.
    await agent.start(stub, { slots: 0 });
    await ringAlarm(stub);
    const [first] = await tickFrames(agent, 1);
    return { stub, agent, first: first as TickFrame };
  }
  const next = async (stub: DeploymentObject, ms = 60_000) => {
    moveClock(ms);
    await ringAlarm(stub);
  };

  it("a sensor is evaluated with its cursor, once per interval", async () => {
    const { stub, agent, first } = await started();
    expect(first).toMatchObject({ kind: "sensor", name: "files", cursor: null, timeoutSeconds: 60 });
    await next(stub, 30_000);
    await agent.reported(
      answer(first, evaluated({ cursor: "file-2", runs: [{ runKey: "file-1", tags: { file: "1" } }, key("file-2"), key("file-1")] })),
    );
    expect(
      unwrap(await stub.ask("runs.list", { filter: {}, limit: 10 })).items.map((run) => [run.job, run.trigger.type, run.tags]),
    ).toEqual([
      ["nightly", "sensor", {}],
      ["nightly", "sensor", { file: "1" }],
    ]);
    await next(stub, 29_999);
    await tickFrames(agent, 1);
    await next(stub, 1);
    const [, second] = await tickFrames(agent, 2);
    expect(second).toMatchObject({ cursor: "file-2", scheduledFor: NOON + 60_000 });
    await agent.reported(answer(second as TickFrame, evaluated({ cursor: "file-2", runs: [key("file-2")] })));
    const [one, two] = await ticksOf(stub);
    expect([one, two]).toMatchObject([
      { state: "requested", runCount: 2, lateMs: 0, agent: "host-1", message: null },
      { state: "skipped", runCount: 0, message: "All requested runs were duplicates (same run key)." },
    ]);
    const detail = unwrap(await stub.ask("automations.tick", { id: two?.id ?? "" }));
    expect(detail).toMatchObject({ cursorBefore: "file-2", cursorAfter: "file-2", deduplicated: [{ key: "file-2", run: one?.runs[1] }] });
  });

  it("a checkpoint is stored once, and another agent continues after it", async () => {
    const { stub, agent, first } = await started();
    await agent.reported(part(first, 1, { cursor: "c1", runs: [key("a"), key("b")] }), part(first, 1, { cursor: "c1", runs: [key("x")] }));
    await agent.reported(part(first, 2, { cursor: "c2", runs: [key("c")] }));
    expect(await runCount(stub)).toBe(3);
    const other = new FakeAgent();
    await other.start(stub);
    agent.disconnect();
    await expect
      .poll(async () => unwrap(await stub.ask("agents.list", undefined)).filter((entry) => entry.status === "disconnected").length)
      .toBe(1);
    moveClock(50_000);
    await other.reported({ k: "location", location: "lake", version: "v", state: "ready" });
    await next(stub, 10_001);
    const [again] = await tickFrames(other, 1);
    expect(again).toMatchObject({ cursor: "c2" });
    expect(again?.tick).not.toBe(first.tick);
    // The agent had not vanished; it reconnects too late with its result.
    await agent.start(stub);
    await agent.reported(
      part(first, 3, { cursor: "late", runs: [key("late")] }),
      answer(first, evaluated({ cursor: "late", runs: [key("later")] })),
    );
    expect(await runCount(stub)).toBe(3);
    await other.reported(
      part(again as TickFrame, 1, { cursor: "c3", runs: [key("d")] }),
      answer(again as TickFrame, evaluated({ cursor: "c4", runs: [key("c")] })),
    );
    expect(await ticksOf(stub)).toMatchObject([{ state: "requested", attempt: 2, runCount: 4 }]);
    expect(unwrap(await stub.ask("automations.get", SENSOR)).cursor).toBe("c4");
  });

  it("the lists of many checkpoints are shortened to fit a row", async () => {
    const { stub, agent, first } = await started();
    const keysOf = (no: number) => Array.from({ length: 600 }, (_, index) => `${no}-${index}-`.padEnd(390, "x"));
    for (let no = 1; no <= 10; no++)
      await agent.reported(part(first, no, { dynamicPartitions: [{ name: `set ${no}`, add: keysOf(no), remove: [] }] }));
    await agent.reported(answer(first, evaluated({ cursor: "end" })));
    const [tick] = await ticksOf(stub);
    expect(tick).toMatchObject({ state: "skipped", message: "It requested no run; changed keys of set 1." });
    const [{ size } = {}] = await rows(stub, "SELECT length(dynamic_partitions) AS size FROM tick");
    expect(Number(size)).toBeLessThan(500_000);
    expect(await rows(stub, "SELECT count(*) AS count FROM dynamic_key")).toEqual([{ count: 6000 }]);
  });

  it("an evaluated sensor keeps its interval when the clock is set back", async () => {
    const { stub, agent, first } = await started();
    moveClock(-5 * HOUR);
    await agent.reported(answer(first, evaluated({ cursor: "one" })));
    await next(stub);
    const [, second] = await tickFrames(agent, 2);
    await agent.reported(answer(second as TickFrame, evaluated({ cursor: "two" })));
    moveClock(-5 * HOUR);
    await agent.start(stub, { slots: 0 });
    await next(stub);
    const other = agent.frames.filter((frame) => frame.t === "tick");
    expect(other.at(-1)).toMatchObject({ cursor: "two" });
  });

  it("checkpoints with a gap fail the tick", async () => {
    const { stub, agent, first } = await started();
    await agent.reported(part(first, 2, { cursor: "c2", runs: [key("c")] }), answer(first, evaluated({ cursor: "end" })));
    expect(await ticksOf(stub)).toMatchObject([
      { state: "failed", message: expect.stringContaining("Checkpoint 2 came without") as unknown },
    ]);
    expect(unwrap(await stub.ask("automations.get", SENSOR)).cursor).toBeNull();
  });

  it("a tick is given up after three agents vanished with it", async () => {
    const { stub } = await started();
    for (let attempt = 2; attempt <= 4; attempt++) {
      await next(stub, 60_001);
      await next(stub, 15_001);
      if (attempt === 4) break;
      expect(await ticksOf(stub)).toMatchObject([{ state: "open", attempt, startedAt: null }]);
      const agent = new FakeAgent();
      await agent.start(stub);
      await tickFrames(agent, 1);
    }
    expect((await ticksOf(stub))[0]).toMatchObject({
      state: "failed",
      message: expect.stringContaining("Given up after 3 attempts") as unknown,
    });
    const agent = new FakeAgent();
    await agent.start(stub);
    await ringAlarm(stub);
    await tickFrames(agent, 1);
  });

  it("missed ticks are sent again, and drained agents return their ticks", async () => {
    const { stub, agent, first } = await started();
    agent.disconnect();
    await expect.poll(async () => unwrap(await stub.ask("agents.list", undefined))[0]?.status).toBe("disconnected");
    await agent.start(stub);
    expect((await tickFrames(agent, 2))[1]).toEqual(first);
    const other = new FakeAgent();
    await other.start(stub);
    agent.disconnect(4001);
    expect((await tickFrames(other, 1))[0]).toMatchObject({ tick: `${first.tick}.2` });
  });

  it("a tick that a living agent does not answer ends in time", async () => {
    const { stub, agent } = await started();
    await next(stub, 60_000);
    await agent.reported({ k: "location", location: "lake", version: "v", state: "ready" });
    await next(stub, 15_000);
    expect((await ticksOf(stub))[0]).toMatchObject({ state: "failed", message: "The agent did not answer in time." });
    await ringAlarm(stub);
    await tickFrames(agent, 2);
  });

  it.each([
    ["a job that does not exist", { runs: [{ tags: {} }, { job: "no_such_job", tags: {} }] }, "no_such_job"],
    ["a config that is too large", { runs: [{ tags: {} }, { tags: {}, config: "x".repeat(210_000) }] }, "The run config has"],
    ["tags that are too large", { runs: [{ tags: {} }, { tags: { note: "x".repeat(21_000) } }] }, "The tags of the run have"],
    ["a job and a selection", { runs: [{ tags: {}, job: "nightly", selection: "a" }] }, "names a job and a selection"],
    [
      "a partition that nothing has",
      { dynamicPartitions: [{ name: "d", add: ["k"], remove: [] }], runs: [{ tags: {}, partition: "k" }] },
      "partition",
    ],
    ["a flood of runs", { runs: Array.from({ length: 1001 }, () => ({ tags: {} })) }, "at most 1000"],
    ["a bad partition key", { runs: [{ tags: {} }], dynamicPartitions: [{ name: "d", add: ["a...b"], remove: [] }] }, "separates the ends"],
  ] as const)("a request for %s fails the whole tick with a reason", async (_what, asked, message) => {
    const { stub, agent, first } = await started();
    await agent.reported(answer(first, evaluated({ cursor: "on", ...(asked as Asked) })));
    expect(await ticksOf(stub)).toMatchObject([{ state: "failed", runCount: 0, message: expect.stringContaining(message) as unknown }]);
    expect(await runCount(stub)).toBe(0);
    expect(await rows(stub, "SELECT key FROM dynamic_key")).toEqual([]);
    expect(unwrap(await stub.ask("automations.get", SENSOR))).toMatchObject({ cursor: null, automation: { failuresInARow: 1 } });
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toMatchObject([
      { kind: "automation_failing", subject: "lake/sensor/files", title: "Sensor files failed in its last tick" },
    ]);
    await next(stub);
    const [, second] = await tickFrames(agent, 2);
    await agent.reported(answer(second as TickFrame, evaluated({ skipReason: "nothing new" })));
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toEqual([]);
    expect((await ticksOf(stub))[1]).toMatchObject({ state: "skipped", message: "nothing new" });
  });

  it("a failing sensor is a problem since its first failure", async () => {
    const { stub, agent, first } = await started();
    const failed = { outcome: "failed", message: "boom" } as const;
    await agent.reported(answer(first, failed));
    await rows(stub, "UPDATE tick SET finished_at = 1000");
    await next(stub);
    const [, second] = await tickFrames(agent, 2);
    await agent.reported(answer(second as TickFrame, failed));
    expect(unwrap(await stub.ask("home.get", undefined)).problems).toMatchObject([
      { title: "Sensor files failed in its last 2 ticks", since: 1000 },
    ]);
  });

  it("an error of user code is listed with its stack and logs", async () => {
    const { stub, agent, first } = await started();
    const logs = [{ level: "info", message: "looking", at: 5 }];
    await agent.reported(answer(first, { outcome: "failed", message: "boom", stack: "at files.ts:3", logs }));
    const [tick] = await ticksOf(stub);
    expect(unwrap(await stub.ask("automations.tick", { id: tick?.id ?? "" }))).toMatchObject({
      state: "failed",
      message: "boom",
      stack: "at files.ts:3",
      logs,
    });
  });

  it("partition keys are added before runs for them are made", async () => {
    const stub = newDeployment();
    const partitions = { type: "dynamic", name: "customers" } as const;
    await publish(stub, manifest({ ...assetsOf({ a: [] }, { asset: { partitions } }), jobs, sensors: sensed.sensors }));
    const agent = new FakeAgent();
    await agent.start(stub);
    await ringAlarm(stub);
    const [first] = await tickFrames(agent, 1);
    const dynamicPartitions = [{ name: "customers", add: ["ada", "bob"], remove: ["eve"] }];
    await agent.reported(answer(first as TickFrame, evaluated({ dynamicPartitions, runs: [{ tags: {}, partition: "ada" }] })));
    const [tick] = await ticksOf(stub);
    expect(unwrap(await stub.ask("automations.tick", { id: tick?.id ?? "" }))).toMatchObject({
      state: "requested",
      dynamicPartitions: [{ name: "customers", added: ["ada", "bob"], removed: [] }],
    });
    expect(await rows(stub, "SELECT partition FROM run")).toEqual([{ partition: "ada" }]);
  });

  it("a tick that requests no run says what it did instead", async () => {
    const stub = newDeployment();
    const partitions = { type: "dynamic", name: "customers" } as const;
    const external = { key: "ext", unit: null, group: "default", kinds: [], owners: [], tags: {}, deps: [], metadata: {} };
    const { assets, units } = assetsOf({ a: [] }, { asset: { partitions } });
    await publish(stub, manifest({ assets: [...assets, external], units, jobs, sensors: sensed.sensors }));
    const agent = new FakeAgent();
    await agent.start(stub);
    await ringAlarm(stub);
    const [first] = await tickFrames(agent, 1);
    const assetEvents = [{ type: "materialized" as const, asset: "ext", metadata: {} }];
    await agent.reported(part(first as TickFrame, 1, { dynamicPartitions: [{ name: "customers", add: ["ada", "bob"], remove: [] }] }));
    await agent.reported(answer(first as TickFrame, evaluated({ assetEvents })));
    const [tick] = await ticksOf(stub);
    expect(tick).toMatchObject({
      state: "skipped",
      message: "It requested no run; changed keys of customers; reported ext as materialized.",
    });
    expect(unwrap(await stub.ask("automations.tick", { id: tick?.id ?? "" })).logs).toMatchObject([
      { message: "Reported ext as materialized." },
    ]);
  });

  it("a cursor that a person sets survives a running tick", async () => {
    const { stub, agent, first } = await started();
    unwrap(await stub.perform("automations.setCursor", { ...SENSOR, cursor: "mine" }, person));
    await agent.reported(answer(first, evaluated({ cursor: "theirs", runs: [key("one")] })));
    expect(unwrap(await stub.ask("automations.get", SENSOR)).cursor).toBe("mine");
    unwrap(await stub.perform("automations.releaseRunKey", { ...SENSOR, key: "one" }, person));
    expect(await stub.perform("automations.releaseRunKey", { ...SENSOR, key: "one" }, person)).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
    await next(stub);
    const [, second] = await tickFrames(agent, 2);
    expect(second).toMatchObject({ cursor: "mine" });
    await agent.reported(answer(second as TickFrame, evaluated({ cursor: "theirs", runs: [key("one")] })));
    expect(unwrap(await stub.ask("automations.get", SENSOR)).cursor).toBe("theirs");
    expect(await runCount(stub)).toBe(2);
  });

  it("a person can turn a sensor off and on, and tick it", async () => {
    const { stub, agent, first } = await started();
    expect(await stub.perform("automations.tickNow", SENSOR, person)).toMatchObject({ ok: false, error: { code: "conflict" } });
    unwrap(await stub.perform("automations.setEnabled", { ...SENSOR, enabled: false }, person));
    await agent.reported(answer(first, evaluated({ cursor: "kept", runs: [key("one")] })));
    expect(await runCount(stub)).toBe(1);
    await next(stub, HOUR);
    await tickFrames(agent, 1);
    await agent.reported({ k: "location", location: "lake", version: "v", state: "ready" });
    expect(unwrap(await stub.perform("automations.tickNow", SENSOR, person))).toMatchObject({ enabled: false, nextAt: null });
    const [, asked] = await tickFrames(agent, 2);
    await agent.reported(answer(asked as TickFrame, evaluated()));
    expect((await ticksOf(stub))[1]).toMatchObject({ cause: "person" });
    expect(unwrap(await stub.perform("automations.setEnabled", { ...SENSOR, enabled: true }, person))).toMatchObject({ enabled: true });
    await ringAlarm(stub);
    await tickFrames(agent, 3);
  });
});

describe("schedules with a function", () => {
  const scheduled = (extra: Record<string, unknown> = {}) =>
    manifest({
      ...assetsOf({ a: [] }),
      jobs,
      schedules: [{ name: "s", job: "nightly", cron: ["@hourly"], evaluated: true, timeoutSeconds: 20, ...extra }],
    });
  const hours = async (stub: DeploymentObject, list: readonly number[]) => {
    for (const hour of list) {
      setClock(NOON + hour * HOUR);
      await ringAlarm(stub);
    }
  };

  it("a tick stays open until an agent connects and evaluates it", async () => {
    const stub = newDeployment();
    await publish(stub, scheduled());
    await hours(stub, [1]);
    expect(await ticksOf(stub)).toMatchObject([{ state: "open", startedAt: null, lateMs: null, agent: null }]);
    expect(unwrap(await stub.ask("automations.get", SCHEDULE)).automation.waiting).toContain("no agent is connected");
    moveClock(5_000);
    const agent = new FakeAgent();
    await agent.start(stub);
    const [frame] = await tickFrames(agent, 1);
    expect(frame).toMatchObject({ kind: "schedule", scheduledFor: NOON + HOUR, timeoutSeconds: 20 });
    await agent.reported(answer(frame as TickFrame, evaluated({ runs: [{ tags: { for: "noon" } }] })));
    expect(await ticksOf(stub)).toMatchObject([{ state: "requested", lateMs: 5_000, runCount: 1 }]);
    expect(await rows(stub, "SELECT source FROM run")).toEqual([{ source: JSON.stringify(["lake", "schedule", "s"]) }]);
  });

  it.each([
    [{ type: "latest" }, [3]],
    [{ type: "last", count: 2 }, [2, 3]],
    [{ type: "within", ms: 1.5 * HOUR }, [2, 3]],
    [{ type: "none" }, []],
  ] as const)("a schedule that waited for an agent catches up by %j", async (catchUp, expected) => {
    const stub = newDeployment();
    await publish(stub, scheduled({ catchUp }));
    await hours(stub, [1, 2, 3]);
    moveClock(120_000);
    const agent = new FakeAgent();
    await agent.start(stub);
    const found = await tickFrames(agent, expected.length);
    expect(found.map((frame) => (frame.scheduledFor - NOON) / HOUR)).toEqual(expected);
    const ended = (await ticksOf(stub)).filter((tick) => tick.state === "skipped");
    expect(ended).toHaveLength(3 - expected.length);
    expect(ended.every((tick) => tick.message?.includes("catch-up policy") === true)).toBe(true);
  });

  it("a tick whose code fails ends without another attempt", async () => {
    const stub = newDeployment();
    await publish(stub, scheduled());
    const agent = new FakeAgent();
    await agent.start(stub);
    setClock(NOON + HOUR);
    await agent.reported({ k: "location", location: "lake", version: "v", state: "ready" });
    await hours(stub, [1]);
    const [frame] = await tickFrames(agent, 1);
    await agent.reported(answer(frame as TickFrame, { outcome: "failed", message: "boom" }));
    await ringAlarm(stub);
    expect(await ticksOf(stub)).toMatchObject([{ state: "failed", message: "boom", attempt: 1 }]);
    await tickFrames(agent, 1);
  });

  it("a tick is skipped during an earlier evaluation if overlap is forbidden", async () => {
    const stub = newDeployment();
    await publish(stub, scheduled({ overlap: "skip", timeoutSeconds: 7200 }));
    const agent = new FakeAgent();
    await agent.start(stub);
    setClock(NOON + HOUR);
    await agent.reported({ k: "location", location: "lake", version: "v", state: "ready" });
    await hours(stub, [1]);
    setClock(NOON + 2 * HOUR);
    await agent.reported({ k: "location", location: "lake", version: "v", state: "ready" });
    await hours(stub, [2]);
    expect(await ticksOf(stub)).toMatchObject([
      { state: "open" },
      { state: "skipped", message: expect.stringContaining("still being evaluated") as unknown },
    ]);
  });
});
