/** What is known of assets: reports from outside, dynamic keys, freshness, and what runs materialize. */
import { describe, expect, it } from "vitest";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { START, TestDeployment } from "../../testing/test-deployment.ts";
import { changeDynamicKeys } from "./dynamic-keys.ts";
import { reportAsset, reportCheck } from "./report-asset.ts";

const MINUTE = 60_000;
const ADA = { by: "ada", chain: null };
type Report = Parameters<typeof reportAsset>[1];
const report = (deployment: TestDeployment, extra: Partial<Report> = {}) =>
  deployment.commit((tx) => reportAsset(tx, { type: "materialized", asset: "a", metadata: {}, ...extra }, ADA));
const refused = (result: { readonly ok: boolean } & Record<string, unknown>) => (result as { error?: { code: string } }).error?.code;
const daily = { type: "time", cadence: "daily", start: "2030-01-01" } as const;

describe("reports from outside", () => {
  it("a report materializes an asset and says who reported it", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    const result = report(deployment, { metadata: { row_count: { type: "int", value: 7 } }, dataVersion: "v1" });
    expect(result.ok).toBe(true);
    expect(deployment.factsOf("asset_materialized")).toMatchObject([{ asset: "a", partition: null, by: { by: "ada" }, dataVersion: "v1" }]);
    expect(deployment.rows("SELECT body ->> 'reportedBy' AS by, run_no FROM event")).toEqual([{ by: "ada", run_no: 0 }]);
  });

  it("a report with a request id that was seen before changes nothing", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    const first = report(deployment, { requestId: "r" });
    expect(report(deployment, { requestId: "r" })).toEqual(first);
    expect(deployment.rows("SELECT count(*) AS n FROM event")).toEqual([{ n: 1 }]);
  });

  it("a report about a partition marks it and nothing else", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { asset: { partitions: daily } })));
    expect(report(deployment, { partition: "2030-01-02" }).ok).toBe(true);
    expect(deployment.factsOf("asset_materialized")).toMatchObject([{ partition: "2030-01-02" }]);
    expect(report(deployment, { partition: "2031-01-02" }).ok).toBe(false);
    expect(report(deployment).ok).toBe(false);
  });

  it("a report about something unknown is refused", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    expect(refused(report(deployment, { asset: "none" }))).toBe("not_found");
    expect(refused(report(deployment, { partition: "p" }))).toBe("invalid_input");
    expect(deployment.rows("SELECT gseq FROM event")).toEqual([]);
  });

  it("a report that only observed it materializes nothing", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    report(deployment, { type: "observed", dataVersion: "v1" });
    report(deployment, { type: "observed", dataVersion: "v1" });
    report(deployment, { type: "observed", dataVersion: "v2" });
    expect(deployment.factsOf("asset_observed").map(({ changed }) => changed)).toEqual([true, false, true]);
    expect(deployment.factsOf("asset_materialized")).toEqual([]);
  });

  it("a report about a check is kept as its latest result", async () => {
    const deployment = await TestDeployment.with(
      manifest({
        assets: [{ key: "a", unit: "a" }],
        units: [{ id: "a", kind: "asset", assets: ["a"], checks: ["a:valid"] }],
        checks: [{ asset: "a", name: "valid", unit: "a" }],
      }),
    );
    const check = { asset: "a", check: "valid", passed: false, severity: "warn", metadata: {} } as const;
    const first = deployment.commit((tx) => reportCheck(tx, { ...check, requestId: "r" }, ADA));
    expect(deployment.commit((tx) => reportCheck(tx, { ...check, requestId: "r" }, ADA))).toEqual(first);
    expect(deployment.factsOf("check_evaluated")).toMatchObject([{ asset: "a", check: "valid", passed: false, severity: "warn" }]);
    expect(deployment.commit((tx) => reportCheck(tx, { ...check, asset: "none" }, ADA)).ok).toBe(false);
  });
});

describe("sets of keys", () => {
  const customers = manifest(assetsOf({ a: [] }, { asset: { partitions: { type: "dynamic", name: "customers" } } }));
  const change = (deployment: TestDeployment, add: readonly string[], remove: readonly string[] = []) =>
    deployment.commit((tx) => changeDynamicKeys(tx, { name: "customers", add, remove, by: "ada" }));

  it("dynamic keys are added once, and a launch may name them", async () => {
    const deployment = await TestDeployment.with(customers);
    expect(() => deployment.launch({ selection: "a", partition: "acme" })).toThrow('a has no partition "acme"');
    expect(change(deployment, ["acme", "umbrella", "acme"])).toEqual({ ok: true, value: { added: ["acme", "umbrella"], removed: [] } });
    expect(change(deployment, ["acme"])).toEqual({ ok: true, value: { added: [], removed: [] } });
    deployment.launch({ selection: "a", partition: "acme" });
    expect(deployment.factsOf("partition_keys_changed")).toMatchObject([{ targets: ["a"] }]);
  });

  it("removed dynamic keys are forgotten with what was known of them", async () => {
    const deployment = await TestDeployment.with(customers);
    change(deployment, ["acme", "umbrella"]);
    report(deployment, { partition: "acme" });
    expect(change(deployment, [], ["acme", "none"])).toEqual({ ok: true, value: { added: [], removed: ["acme"] } });
    expect(() => deployment.launch({ selection: "a", partition: "acme" })).toThrow('a has no partition "acme"');
    change(deployment, ["acme"]);
    expect(report(deployment, { partition: "acme" }).ok).toBe(true);
  });

  it("dynamic keys with characters that partitions cannot have are refused together", async () => {
    const deployment = await TestDeployment.with(customers);
    for (const key of ["", "a...b", "a\u0000"]) expect(change(deployment, ["good", key]).ok).toBe(false);
    expect(deployment.rows("SELECT key FROM dynamic_key")).toEqual([]);
  });
});

describe("freshness policies", () => {
  const hourly = { type: "time_window", failAfterSeconds: 3600, warnAfterSeconds: 1800 } as const;
  const states = (deployment: TestDeployment) =>
    deployment
      .rows("SELECT at, body ->> 'to' AS state FROM event WHERE type = 'freshness_changed' ORDER BY gseq")
      .map(({ at, state }) => [(at as number) - START, state]);

  it("freshness changes at exact times and returns with an update", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { asset: { freshness: hourly } })));
    report(deployment);
    deployment.pass(90 * MINUTE);
    report(deployment);
    expect(states(deployment)).toEqual([
      [0, "fresh"],
      [30 * MINUTE, "warning"],
      [60 * MINUTE, "overdue"],
      [90 * MINUTE, "fresh"],
    ]);
    expect(deployment.factsOf("freshness_changed").map(({ asset }) => asset)).toEqual(["a", "a", "a", "a"]);
  });

  it("freshness follows a new policy at once and is forgotten with it", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { asset: { freshness: hourly } })));
    report(deployment);
    deployment.pass(20 * MINUTE);
    deployment.publish(manifest(assetsOf({ a: [] }, { asset: { freshness: { type: "time_window", failAfterSeconds: 600 } } })));
    expect(states(deployment).at(-1)).toEqual([20 * MINUTE, "overdue"]);
    deployment.publish(manifest(assetsOf({ a: [] })));
    expect(deployment.rows("SELECT kind FROM timer WHERE kind = 'freshness'")).toEqual([]);
  });
});

describe("events of steps", () => {
  it("an event about an asset of another step is refused", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [], b: [] })));
    const agent = deployment.agent();
    deployment.launch({ selection: "a" });
    const job = agent.job("a");
    agent.report(agent.started(job), agent.event(job, { type: "asset_materialized", asset: "b", metadata: {} }));
    expect(deployment.factsOf("asset_materialized")).toEqual([]);
    expect(deployment.rows("SELECT count(*) AS n FROM event WHERE type = 'engine'")).toEqual([{ n: 1 }]);
  });

  it("an event materializes each partition of a range", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] }, { asset: { partitions: daily } })));
    const agent = deployment.agent();
    deployment.launch({ selection: "a", partition: "2030-01-01...2030-01-03" });
    const job = agent.last("job");
    const event = { type: "asset_materialized", asset: "a", metadata: {} } as const;
    agent.report(agent.started(job), agent.event(job, { ...event, partition: "2030-01-02" }), agent.done(job, { outcome: "succeeded" }));
    expect(deployment.factsOf("asset_materialized").map(({ partition }) => partition)).toEqual(["2030-01-02", "2030-01-01", "2030-01-03"]);
  });

  it("an event keeps log lines in order, with their level", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [] })));
    const agent = deployment.agent();
    deployment.launch({ selection: "a" });
    const job = agent.job("a");
    agent.report(
      agent.event(job, { type: "log", level: "debug", message: "one" }),
      agent.event(job, { type: "log", level: "error", message: "two" }),
    );
    expect(deployment.rows("SELECT level, body ->> 'message' AS text FROM event WHERE type = 'log' ORDER BY seq")).toEqual([
      { level: 0, text: "one" },
      { level: 3, text: "two" },
    ]);
  });
});
