/** Sensors on assets, ends of runs and checks, with and without user code. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { moveClock, ringAlarm, setClock, useRealClock } from "../../../test/support/clock.ts";
import { type DeploymentObject, launch, newDeployment, person, publish, rows } from "../../../test/support/deployment.ts";
import { FakeAgent } from "../../../test/support/fake-agent.ts";
import { LiveClient } from "../../../test/support/live-client.ts";
import { sqlFaults } from "../../../test/support/sql-faults.ts";
import { assetsOf, manifest, type SensorInput } from "../../../test/support/manifests.ts";

const NOON = Date.UTC(2027, 5, 15, 12);
const jobs = [{ name: "after", selection: "b" }];
const SENSOR = { location: "lake", kind: "sensor", name: "s" } as const;

beforeEach(() => setClock(NOON));
afterEach(useRealClock);

async function started(sensor: Partial<SensorInput>, graph: Record<string, string[]> = { a: [], b: [] }) {
  const stub = newDeployment();
  const sensors = [{ name: "s", kind: "asset" as const, assets: ["a"], job: "after", evaluated: false, ...sensor }];
  await publish(stub, manifest({ ...assetsOf(graph), jobs, sensors }));
  const agent = new FakeAgent();
  await agent.start(stub, { slots: 100 });
  /** Materializes one asset with a run. */
  const materialize = async (asset: string) => {
    const run = await launch(stub, { selection: asset });
    await agent.waitFor(() => agent.jobs().some((job) => job.run === run.id));
    const job = agent.jobs().find((one) => one.run === run.id);
    if (job) await agent.reported(...agent.success(job));
    return run.id;
  };
  return { stub, agent, materialize };
}
const ticks = (agent: FakeAgent) => agent.frames.filter((frame): frame is TickFrame => frame.t === "tick");
const answer = (frame: TickFrame | undefined, result: Partial<TickResult> = {}) => ({
  k: "tick" as const,
  tick: frame?.tick ?? "",
  result: { outcome: "evaluated", cursor: null, runs: [], logs: [], ...result } as TickResult,
});
const sensed = (stub: DeploymentObject) => rows(stub, "SELECT trigger FROM run WHERE trigger ->> 'type' = 'sensor' ORDER BY no");
const states = async (stub: DeploymentObject) => (await rows(stub, "SELECT state FROM tick ORDER BY no")).map((row) => row["state"]);

describe("asset sensors without a function", () => {
  it("an event starts its sensor's run in the same transaction", async () => {
    const { stub, agent, materialize } = await started({});
    const run = await materialize("a");
    const job = await agent.job("b");
    const [row] = await sensed(stub);
    const event = `a was materialized by run …${run.slice(-8)}`;
    expect(JSON.parse(String(row?.["trigger"]))).toMatchObject({ type: "sensor", name: "s", location: "lake", event });
    expect(unwrap(await stub.ask("runs.get", { run: job.run })).run.job).toBe("after");
    expect(unwrap(await stub.ask("automations.ticks", { limit: 10 })).items).toMatchObject([
      { state: "requested", cause: "event", runs: [job.run], lateMs: 0 },
    ]);
  });

  it("other assets, and events while the sensor is off, start nothing", async () => {
    const { stub, materialize } = await started({ defaultStatus: "stopped" });
    await materialize("a");
    unwrap(await stub.perform("automations.setEnabled", { ...SENSOR, enabled: true }, person));
    await materialize("b");
    expect(await sensed(stub)).toEqual([]);
    await materialize("a");
    expect(await sensed(stub)).toHaveLength(1);
  });

  it("a sensor that watches an undefined asset says so", async () => {
    const { stub } = await started({ assets: ["a", "elsewhere/b"] }, { a: [] });
    expect(unwrap(await stub.ask("automations.get", SENSOR)).automation.waiting).toBe(
      "It watches elsewhere/b, which no code location defines.",
    );
  });

  it("large metadata does not stop reports to a sensor on many assets", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `wide${index}`);
    const stub = newDeployment();
    await publish(
      stub,
      manifest({
        ...assetsOf(Object.fromEntries(names.map((name) => [name, []]))),
        jobs: [{ name: "nightly", selection: "*" }],
        sensors: [{ name: "all", kind: "asset", match: "all", assets: names, job: "nightly", evaluated: false }],
      }),
    );
    const metadata = { sample: { type: "text", value: "x".repeat(190_000) } } as const;
    for (const asset of names) unwrap(await stub.perform("assets.report", { type: "materialized", asset, metadata }, person));
    const [tick] = await rows(stub, "SELECT state, run_count, length(events) AS size FROM tick");
    expect(tick).toMatchObject({ state: "requested", run_count: 1 });
    expect(Number(tick?.["size"])).toBeLessThan(600_000);
  });

  it("a sensor that watches its own output restarts, with the cause", async () => {
    const { stub, agent } = await started({ assets: ["b"] });
    await launch(stub, { selection: "b" });
    for (let round = 0; round < 3; round++) {
      await agent.waitFor(() => agent.jobs().length > round);
      const job = agent.jobs()[round];
      if (job) await agent.reported(...agent.success(job));
    }
    const causes = (await sensed(stub)).map((row) => (JSON.parse(String(row["trigger"])) as { event: string }).event);
    expect(causes).toEqual(
      agent
        .jobs()
        .slice(0, 3)
        .map((job) => `b was materialized by run …${job.run.slice(-8)}`),
    );
  });

  it("a run is for the event's partition if the partitions match", async () => {
    const stub = newDeployment();
    const partitions = { type: "static" as const, keys: ["eu", "us"] };
    const sensors = [{ name: "s", kind: "asset" as const, assets: ["a"], job: "after", evaluated: false }];
    await publish(stub, manifest({ ...assetsOf({ a: [], b: [] }, { asset: { partitions } }), jobs, sensors }));
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "a", partition: "eu" });
    await agent.reported(...agent.success(await agent.job("a[eu]").catch(() => agent.jobs()[0] as never)));
    expect(await rows(stub, "SELECT job, partition FROM run ORDER BY no")).toEqual([
      { job: null, partition: "eu" },
      { job: "after", partition: "eu" },
    ]);
  });
});

describe("sensors on ends of runs", () => {
  const ofRuns = (extra: Partial<SensorInput> = {}) => ({ kind: "run_status" as const, runStatuses: ["failed" as const], ...extra });
  const fail = async (stub: DeploymentObject, agent: FakeAgent, target: { job: string } | { selection: string }) => {
    const run = await launch(stub, target);
    await agent.waitFor(() => agent.jobs().some((job) => job.run === run.id));
    const job = agent.jobs().find((one) => one.run === run.id);
    const failure = { kind: "user_code", message: "no" } as const;
    if (job) await agent.reported(agent.started(job), agent.done(job, { outcome: "failed", failure, retryable: false }));
  };

  it("a run sensor fires for its statuses and its code location", async () => {
    const { stub, agent, materialize } = await started(ofRuns());
    await materialize("a");
    expect(await sensed(stub)).toEqual([]);
    await fail(stub, agent, { selection: "a" });
    const [row] = await sensed(stub);
    expect(JSON.parse(String(row?.["trigger"]))).toMatchObject({ event: expect.stringMatching(/^run ….{8} failed$/) as unknown });
  });

  it("a run sensor of some jobs ignores other jobs", async () => {
    const { stub, agent } = await started(ofRuns({ jobs: ["after"], evaluated: true }));
    await fail(stub, agent, { selection: "a" });
    expect(await rows(stub, "SELECT body FROM sensor_event")).toEqual([]);
    await fail(stub, agent, { job: "after" });
    await ringAlarm(stub);
    await agent.waitFor(() => ticks(agent).length === 1);
    expect(ticks(agent)[0]?.events).toMatchObject([{ type: "run", job: "after", location: "lake", status: "failed", message: "no" }]);
  });
});

describe("check sensors", () => {
  it("a check sensor fires for its checks and outcomes", async () => {
    const stub = newDeployment();
    const base = assetsOf({ a: [], b: [] }, {});
    const units = base.units.map((unit) => (unit.id === "a" ? { ...unit, checks: ["a:fresh", "a:rows"] } : unit));
    const checks = ["fresh", "rows"].map((name) => ({ asset: "a", name, unit: "a" }));
    const sensors = [
      { name: "s", kind: "check" as const, checks: ["a:rows"], checkOutcomes: ["failed" as const], job: "after", evaluated: false },
    ];
    await publish(stub, manifest({ ...base, units, checks, jobs, sensors }));
    const agent = new FakeAgent();
    await agent.start(stub);
    await launch(stub, { selection: "a" });
    const job = await agent.job("a");
    const check = (name: string, passed: boolean) =>
      agent.event(job, { type: "check_evaluated", asset: "a", check: name, passed, severity: "error", metadata: {} });
    await agent.reported(agent.started(job), check("fresh", false), check("rows", true));
    expect(await sensed(stub)).toEqual([]);
    await agent.reported(check("rows", false));
    expect(JSON.parse(String((await sensed(stub))[0]?.["trigger"]))).toMatchObject({ event: "check rows of a failed" });
  });
});

describe("sensors with a function", () => {
  it("failed events are retried one by one and finally given up", async () => {
    const { stub, agent, materialize } = await started({ evaluated: true });
    // The others wait while this one is evaluated.
    await materialize("a");
    const poison = await materialize("a");
    for (let count = 0; count < 2; count++) await materialize("a");
    await agent.reported(answer(ticks(agent)[0]));
    const isPoison = (frame: TickFrame | undefined) =>
      frame?.events?.some((event) => event.type === "asset" && event.run === poison) === true;
    const sizes: number[] = [];
    for (let round = 1; round < 8; round++) {
      moveClock(10_000);
      await agent.reported({ k: "location", location: "lake", version: "v", state: "ready" });
      await ringAlarm(stub);
      if ((await rows(stub, "SELECT no FROM sensor_event")).length === 0) break;
      await agent.waitFor(() => ticks(agent).length === round + 1);
      const frame = ticks(agent)[round];
      sizes.push(frame?.events?.length ?? 0);
      await agent.reported(isPoison(frame) ? { ...answer(frame), result: { outcome: "failed", message: "boom" } } : answer(frame));
    }
    expect(sizes).toEqual([3, 1, 1, 1, 1]);
    expect(await states(stub)).toEqual(["skipped", "failed", "failed", "failed", "skipped", "skipped"]);
    const messages = (await rows(stub, "SELECT message FROM tick WHERE state = 'failed' ORDER BY no")).map((row) => row["message"]);
    expect(messages).toEqual(["boom", "boom", "boom\nThe event was given up after 3 failed ticks."]);
    expect(await rows(stub, "SELECT no FROM sensor_event")).toEqual([]);
  });

  const report = async (stub: DeploymentObject) =>
    unwrap(await stub.perform("assets.report", { type: "materialized", asset: "a", metadata: {} }, person));
  const left = async (stub: DeploymentObject, agent: FakeAgent) => {
    agent.disconnect();
    await expect.poll(async () => unwrap(await stub.ask("agents.list", undefined))[0]?.status).toBe("disconnected");
  };

  it("turning a sensor off drops its waiting events with a tick", async () => {
    const { stub, agent } = await started({ evaluated: true });
    await left(stub, agent);
    await report(stub);
    await report(stub);
    unwrap(await stub.perform("automations.setEnabled", { ...SENSOR, enabled: false }, person));
    const message = expect.stringContaining("2 events not handled") as unknown;
    expect(unwrap(await stub.ask("automations.ticks", { limit: 5 })).items).toMatchObject([{ state: "skipped", message }]);
    unwrap(await stub.perform("automations.setEnabled", { ...SENSOR, enabled: true }, person));
    await agent.start(stub);
    await ringAlarm(stub);
    expect(ticks(agent)).toEqual([]);
  });

  it("the oldest events are dropped if too many wait", async () => {
    const { stub, agent } = await started({ evaluated: true });
    await left(stub, agent);
    const body = { type: "asset", seq: 1, asset: "a", partition: null, run: null, at: NOON, metadata: {}, dataVersion: null };
    await rows(
      stub,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100999)
       INSERT INTO sensor_event (location, sensor, body, at, attempts) SELECT 'lake', 's', '${JSON.stringify(body)}', ${NOON}, 0 FROM n`,
    );
    await report(stub);
    expect(await rows(stub, "SELECT count(*) AS events FROM sensor_event")).toEqual([{ events: 100_000 }]);
    const [tick] = unwrap(await stub.ask("automations.ticks", { states: ["failed"], limit: 5 })).items;
    expect(tick?.message).toContain("1000 events not handled: more than 100000 events wait");
  });

  it.each(["result", "event"] as const)(
    "a tick is stored completely or not, whichever %s statement fails",
    { timeout: 60_000 },
    async (what) => {
      const { stub, agent, materialize } = await started({ evaluated: true });
      const faults = await sqlFaults(stub);
      try {
        let runs = 0;
        for (let statement = 1; statement < 400; statement += statement < 40 ? 1 : 7) {
          const before = ticks(agent).length;
          if (what === "event") faults.failAt(statement);
          // Not reported by the agent, whose items are stored one by one after a failure.
          await report(stub).catch(() => undefined);
          const threw = what === "event" && !faults.stop();
          const [counts] = await rows(
            stub,
            "SELECT (SELECT count(*) FROM sensor_event) AS events, (SELECT count(*) FROM tick WHERE state = 'open') AS ticks, (SELECT count(*) FROM asset_event WHERE asset = 'a') AS known",
          );
          expect(counts?.["events"]).toBe(counts?.["ticks"]);
          // A failure after the commit, while dashboards and agents get frames, changes nothing.
          if (counts?.["ticks"] === 0) continue;
          await agent.waitFor(() => ticks(agent).length > before);
          const frame = ticks(agent).at(-1);
          if (what === "result") faults.failAt(statement);
          const asked = {
            cursor: `c${statement}`,
            runs: [
              { runKey: `k${statement}`, tags: {} },
              { runKey: `l${statement}`, tags: {} },
            ],
          };
          const last = agent.report(answer(frame, asked));
          await agent.waitFor(() => agent.frames.some((one) => one.t === "ack" && one.s >= last) || agent.closed !== null);
          const failed = what === "result" && !faults.stop();
          const made = (await rows(stub, "SELECT id FROM run")).length - runs;
          const [cursor] = await rows(stub, "SELECT cursor FROM automation");
          const [state] = await rows(stub, `SELECT state, run_count AS n FROM tick ORDER BY no DESC LIMIT 1`);
          // After a failure the items of a batch are stored one by one; only a second failure would end the tick.
          expect([made, cursor?.["cursor"], state?.["state"], state?.["n"]], `statement ${statement}`).toEqual([
            2,
            `c${statement}`,
            "requested",
            2,
          ]);
          runs += made;
          if (what === "result" && !failed) break;
          if (what === "event" && !threw) break;
        }
        expect(faults.thrown).toBeGreaterThan(5);
      } finally {
        faults.stop();
        void materialize;
      }
    },
  );
});

describe("dashboards", () => {
  it("dashboards get ticks and changes of schedules and sensors", async () => {
    const { stub, materialize } = await started({});
    const live = new LiveClient();
    await live.connect(stub);
    await materialize("a");
    await live.until(() => live.changes().some((change) => change.type === "tick" && change.tick.state === "requested"));
    expect(live.changes().findLast((change) => change.type === "automation")).toMatchObject({
      automation: { name: "s", enabled: true, lastTick: { state: "requested" }, recent: [{ state: "requested", lateMs: 0 }] },
    });
    unwrap(await stub.perform("automations.setEnabled", { ...SENSOR, enabled: false }, person));
    await live.until(() => live.changes().some((change) => change.type === "automation" && !change.automation.enabled));
  });
});
