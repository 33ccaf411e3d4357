/** Sensors: what wakes them, what their answers do, and what stops them. */
import { describe, expect, it } from "vitest";
import { MAX_SELF_STARTS } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { TickPart, TickResult } from "@headgate/shared/protocol/tick-result.ts";
import { assetsOf, manifest, type SensorInput } from "../../../test/support/manifests.ts";
import type { TestAgent } from "../../testing/test-agent.ts";
import { person, TestDeployment } from "../../testing/test-deployment.ts";
import { reportAsset } from "../assets/report-asset.ts";
import { releaseRunKey, setAutomation, setCursor, tickNow } from "../automations/change-automation.ts";

const MINUTE = 60_000;
const FILES = { location: "lake", kind: "sensor", name: "files" } as const;
type Asked = Partial<Omit<Extract<TickResult, { outcome: "evaluated" }>, "outcome">>;

const withSensor = (sensor: Partial<SensorInput>, graph: Record<string, string[]> = { a: [], b: [] }) =>
  manifest({
    ...assetsOf(graph),
    jobs: [{ name: "load", selection: "b" }],
    sensors: [{ name: "files", kind: "polling", job: "load", intervalSeconds: 60, ...sensor }],
  });
const evaluated = (asked: Asked = {}): TickResult => ({ outcome: "evaluated", cursor: null, runs: [], logs: [], ...asked });
const answer = (agent: TestAgent, result: TickResult) => agent.report({ k: "tick", tick: agent.last("tick").tick, result });
const part = (agent: TestAgent, no: number, asked: Partial<TickPart>) =>
  agent.report({ k: "tick_part", tick: agent.last("tick").tick, part: { part: no, cursor: null, runs: [], ...asked } });
const key = (runKey: string) => ({ runKey, tags: {} });
const ticks = (deployment: TestDeployment) => deployment.rows("SELECT state, run_count AS runs, message FROM tick ORDER BY no");
const runs = (deployment: TestDeployment) => deployment.rows("SELECT no FROM run").length;
const cursor = (deployment: TestDeployment) => deployment.rows("SELECT cursor FROM automation")[0]?.["cursor"];
const materialize = (deployment: TestDeployment, asset: string) =>
  deployment.done((tx) => reportAsset(tx, { type: "materialized", asset, metadata: {} }, { by: "ada", chain: null }));

/** A polling sensor whose first tick is at an agent, which runs no steps. */
async function polled(sensor: Partial<SensorInput> = {}) {
  const deployment = await TestDeployment.with(withSensor(sensor));
  const agent = deployment.agent({ slots: 0 });
  deployment.pass(0);
  return { deployment, agent };
}
function pass(deployment: TestDeployment, agent: TestAgent, ms: number): void {
  agent.ping();
  deployment.pass(ms);
}

describe("polling sensors", () => {
  it("a sensor is evaluated at once and again after its interval", async () => {
    const { deployment, agent } = await polled();
    expect(agent.last("tick")).toMatchObject({ kind: "sensor", name: "files", cursor: null, timeoutSeconds: 60 });
    answer(agent, evaluated({ cursor: "one" }));
    pass(deployment, agent, MINUTE - 1);
    expect(agent.all("tick")).toHaveLength(1);
    pass(deployment, agent, 1);
    expect(agent.all("tick")).toHaveLength(2);
    expect(agent.last("tick").cursor).toBe("one");
  });

  it("a sensor makes one run for each run key, for ever", async () => {
    const { deployment, agent } = await polled();
    answer(agent, evaluated({ runs: [key("x"), key("y"), key("x")] }));
    expect(runs(deployment)).toBe(2);
    pass(deployment, agent, MINUTE);
    answer(agent, evaluated({ runs: [key("x")] }));
    expect(runs(deployment)).toBe(2);
    expect(ticks(deployment)).toMatchObject([
      { state: "requested", runs: 2 },
      { state: "skipped", runs: 0, message: "All requested runs were duplicates (same run key)." },
    ]);
  });

  it("a sensor may use a run key again that a person released", async () => {
    const { deployment, agent } = await polled();
    answer(agent, evaluated({ runs: [key("x")] }));
    deployment.done((tx) => releaseRunKey(tx, { ...FILES, key: "x" }));
    expect(deployment.commit((tx) => releaseRunKey(tx, { ...FILES, key: "x" }))).toMatchObject({ ok: false, error: { code: "not_found" } });
    pass(deployment, agent, MINUTE);
    answer(agent, evaluated({ runs: [key("x")] }));
    expect(runs(deployment)).toBe(2);
  });

  it("a sensor stores each checkpoint once, with its cursor", async () => {
    const { deployment, agent } = await polled();
    part(agent, 1, { cursor: "c1", runs: [key("x")] });
    part(agent, 1, { cursor: "c1", runs: [key("again")] });
    expect([runs(deployment), cursor(deployment)]).toEqual([1, "c1"]);
    answer(agent, evaluated({ cursor: "c2", runs: [key("y")] }));
    expect([runs(deployment), cursor(deployment)]).toEqual([2, "c2"]);
    expect(ticks(deployment)).toMatchObject([{ state: "requested", runs: 2 }]);
  });

  it("a sensor whose checkpoints have a gap fails its tick", async () => {
    const { deployment, agent } = await polled();
    part(agent, 2, { cursor: "c2" });
    expect(ticks(deployment)[0]).toMatchObject({ state: "failed" });
    expect(ticks(deployment)[0]?.["message"]).toContain("Checkpoint 2 came without");
  });

  it.each<[string, Asked]>([
    ["an unknown job", { runs: [{ job: "none", tags: {} }] }],
    ["a job and a selection", { runs: [{ job: "load", selection: "a", tags: {} }] }],
    ["a partition that does not exist", { runs: [{ partition: "p", tags: {} }] }],
    ["too many runs", { runs: Array.from({ length: 1001 }, (_, index) => key(`${index}`)) }],
    ["keys of an unknown set", { dynamicPartitions: [{ name: "none", add: ["x\u0000"], remove: [] }] }],
    ["an event of an unknown asset", { assetEvents: [{ type: "materialized", asset: "none", metadata: {} }] }],
  ])("a sensor that asks for %s does nothing at all", async (_what, asked) => {
    const { deployment, agent } = await polled();
    answer(agent, evaluated({ cursor: "new", ...asked, runs: [key("good"), ...(asked.runs ?? [])] }));
    expect(ticks(deployment)).toMatchObject([{ state: "failed", runs: 0 }]);
    expect([runs(deployment), cursor(deployment)]).toEqual([0, null]);
  });

  it("a sensor keeps a cursor that was set while it ran", async () => {
    const { deployment, agent } = await polled();
    deployment.done((tx) => setCursor(tx, { ...FILES, cursor: "mine" }));
    answer(agent, evaluated({ cursor: "theirs" }));
    expect(cursor(deployment)).toBe("mine");
  });

  it("a person cannot ask for a tick while one is open", async () => {
    const { deployment, agent } = await polled();
    expect(deployment.commit((tx) => tickNow(tx, FILES))).toMatchObject({ ok: false, error: { code: "conflict" } });
    answer(agent, evaluated());
    deployment.done((tx) => tickNow(tx, FILES));
    expect(agent.all("tick")).toHaveLength(2);
  });

  it("a sensor is not asked for a tick without an agent", async () => {
    const deployment = await TestDeployment.with(withSensor({ defaultStatus: "stopped" }));
    expect(deployment.commit((tx) => tickNow(tx, FILES))).toMatchObject({ ok: false, error: { code: "unavailable" } });
  });

  it("a sensor that is turned off is not evaluated again", async () => {
    const { deployment, agent } = await polled();
    deployment.done((tx) => setAutomation(tx, { ...FILES, enabled: false }, person));
    answer(agent, evaluated());
    pass(deployment, agent, 10 * MINUTE);
    expect(agent.all("tick")).toHaveLength(1);
  });

  it("a tick fails that its agent does not answer in time", async () => {
    const { deployment, agent } = await polled({ timeoutSeconds: 30 });
    for (let waited = 0; waited < 4; waited++) pass(deployment, agent, 30_000);
    expect(ticks(deployment)[0]).toMatchObject({ state: "failed", message: "The agent did not answer in time." });
  });

  it("a sensor gives a tick up that three agents lost", async () => {
    const deployment = await TestDeployment.with(withSensor({}));
    for (let attempt = 1; attempt <= 3; attempt++) {
      deployment.agent({ slots: 0 });
      deployment.pass(3 * MINUTE);
    }
    expect(ticks(deployment)[0]).toMatchObject({ state: "failed" });
    expect(ticks(deployment)[0]?.["message"]).toContain("Given up after 3 attempts");
  });

  it("a sensor gives its tick to another agent when its own drained", async () => {
    const { deployment, agent } = await polled();
    const other = deployment.agent({ slots: 0 });
    agent.disconnect(4003);
    deployment.pass(2 * MINUTE);
    expect(other.all("tick").length).toBeGreaterThan(0);
  });

  it("a sensor adds partition keys before it asks for runs of them", async () => {
    const deployment = await TestDeployment.with(
      manifest({
        ...assetsOf({ b: [] }, { asset: { partitions: { type: "dynamic", name: "customers" } } }),
        jobs: [{ name: "load", selection: "b" }],
        sensors: [{ name: "files", kind: "polling", job: "load" }],
      }),
    );
    const agent = deployment.agent({ slots: 0 });
    deployment.pass(0);
    answer(
      agent,
      evaluated({ dynamicPartitions: [{ name: "customers", add: ["acme"], remove: [] }], runs: [{ partition: "acme", tags: {} }] }),
    );
    expect(deployment.rows("SELECT partition FROM run")).toEqual([{ partition: "acme" }]);
    expect(deployment.factsOf("partition_keys_changed")).toHaveLength(1);
  });
});

describe("asset sensors", () => {
  const watching: Partial<SensorInput> = { kind: "asset", assets: ["a"], evaluated: false };

  it("an asset sensor starts its job when a watched asset was materialized", async () => {
    const deployment = await TestDeployment.with(withSensor(watching));
    materialize(deployment, "b");
    deployment.pass(MINUTE);
    expect(runs(deployment)).toBe(0);
    materialize(deployment, "a");
    deployment.pass(MINUTE);
    expect(deployment.rows("SELECT job, trigger ->> 'type' AS cause FROM run")).toEqual([{ job: "load", cause: "sensor" }]);
  });

  it("an asset sensor of all assets waits for each of them", async () => {
    const deployment = await TestDeployment.with(withSensor({ ...watching, assets: ["a", "c"], match: "all" }, { a: [], b: [], c: [] }));
    materialize(deployment, "a");
    materialize(deployment, "a");
    deployment.pass(MINUTE);
    expect(runs(deployment)).toBe(0);
    materialize(deployment, "c");
    deployment.pass(MINUTE);
    expect(runs(deployment)).toBe(1);
  });

  it("an asset sensor that was off hears nothing of that time", async () => {
    const deployment = await TestDeployment.with(withSensor({ ...watching, defaultStatus: "stopped" }));
    materialize(deployment, "a");
    deployment.done((tx) => setAutomation(tx, { ...FILES, enabled: true }, person));
    deployment.pass(MINUTE);
    expect(runs(deployment)).toBe(0);
  });

  it("an asset sensor's function gets waiting events, oldest first", async () => {
    const deployment = await TestDeployment.with(withSensor({ kind: "asset", assets: ["a"] }));
    materialize(deployment, "a");
    materialize(deployment, "a");
    const agent = deployment.agent({ slots: 0 });
    deployment.pass(MINUTE);
    expect(agent.last("tick").events).toMatchObject([{ asset: "a" }, { asset: "a" }]);
    answer(agent, evaluated());
    expect(deployment.rows("SELECT count(*) AS n FROM sensor_event")).toEqual([{ n: 0 }]);
  });

  it("an asset sensor without a waiting event cannot be asked", async () => {
    const deployment = await TestDeployment.with(withSensor({ kind: "asset", assets: ["a"] }));
    deployment.agent({ slots: 0 });
    expect(deployment.commit((tx) => tickNow(tx, FILES))).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });

  it("an asset sensor that starts itself again and again is stopped", async () => {
    const deployment = await TestDeployment.with(withSensor({ kind: "asset", assets: ["b"], evaluated: false }));
    const agent = deployment.agent();
    materialize(deployment, "b");
    for (let round = 0; round < MAX_SELF_STARTS + 3; round++) {
      pass(deployment, agent, 30_000);
      const open = deployment.rows("SELECT no FROM run WHERE status NOT IN ('succeeded', 'failed')");
      if (open.length > 0) {
        const job = agent.last("job");
        agent.report(
          agent.started(job),
          agent.event(job, { type: "asset_materialized", asset: "b", metadata: {} }),
          agent.done(job, { outcome: "succeeded" }),
        );
      }
    }
    expect(runs(deployment)).toBe(1 + MAX_SELF_STARTS);
    expect(ticks(deployment).at(-1)?.["state"]).toBe("failed");
  });
});

describe("run status sensors", () => {
  it("a run status sensor starts its job after a failed run", async () => {
    const deployment = await TestDeployment.with(
      manifest({
        ...assetsOf({ a: [], b: [] }),
        jobs: [
          { name: "watched", selection: "a" },
          { name: "load", selection: "b" },
        ],
        sensors: [{ name: "files", kind: "run_status", job: "load", jobs: ["watched"], runStatuses: ["failed"], evaluated: false }],
      }),
    );
    const agent = deployment.agent();
    deployment.launch({ job: "watched" });
    agent.fail("a");
    deployment.pass(30_000);
    expect(deployment.rows("SELECT job FROM run ORDER BY no")).toEqual([{ job: "watched" }, { job: "load" }]);
  });
});

describe("check sensors", () => {
  it("a check sensor starts its job at the outcomes that it watches", async () => {
    const parts = {
      assets: [
        { key: "a", unit: "a" },
        { key: "b", unit: "b" },
      ],
      units: [
        { id: "a", kind: "asset" as const, assets: ["a"], checks: ["a:valid"] },
        { id: "b", kind: "asset" as const, assets: ["b"] },
      ],
      checks: [{ asset: "a", name: "valid", unit: "a" }],
      jobs: [{ name: "load", selection: "b" }],
      sensors: [
        { name: "files", kind: "check" as const, job: "load", checks: ["a"], checkOutcomes: ["failed" as const], evaluated: false },
      ],
    };
    const deployment = await TestDeployment.with(manifest(parts));
    const agent = deployment.agent();
    for (const passed of [true, false]) {
      deployment.launch({ selection: "a" });
      const job = agent.last("job");
      const check = { type: "check_evaluated", asset: "a", check: "valid", passed, severity: "error", metadata: {} } as const;
      agent.report(agent.started(job), agent.event(job, check), agent.done(job, { outcome: "succeeded" }));
      pass(deployment, agent, 30_000);
      expect(deployment.rows("SELECT no FROM run WHERE job = 'load'")).toHaveLength(passed ? 0 : 1);
    }
  });
});
