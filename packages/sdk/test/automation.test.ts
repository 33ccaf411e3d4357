/** What a code location says about things that start by themselves, and observable assets at work. */
import { describe, expect, it } from "vitest";
import {
  automation,
  dailyPartitions,
  defineAsset,
  defineCheckSensor,
  defineCodeLocation,
  defineJob,
  defineMultiAssetSensor,
  defineObservableAsset,
  defineRunStatusSensor,
  defineSchedule,
  defineSensor,
  defineWebhookSensor,
  freshness,
  observation,
  select,
  defineSourceAsset,
  type CodeLocationOptions,
  type Sensor,
  type SensorOptions,
} from "@headgate/sdk";
import { createRuntime } from "@headgate/sdk/runtime";
import { runStep } from "./run-step.test-support.ts";

const folders = { root: import.meta.dirname, scratch: import.meta.dirname, env: {} };

async function indexed(options: Partial<CodeLocationOptions>) {
  return await createRuntime(defineCodeLocation({ name: "test", ...options })).index(folders);
}

const job = defineJob({ name: "j", selection: "*" });

describe("an asset's automation, freshness and backfill policy", () => {
  it("an asset's automation, freshness and backfill policy stand in the manifest as plain data", async () => {
    const asset = defineAsset({
      key: "a",
      automation: automation.ignore(automation.eager(), select.groups("raw")),
      freshness: freshness.timeWindow({ failAfter: "1d", warnAfter: "20h" }),
      backfill: { maxPartitionsPerRun: "all" },
      partitions: dailyPartitions({ start: "2025-01-01" }),
      idleTimeout: 30,
      run: () => undefined,
    });
    asset.check({ name: "ok", automation: automation.newlyUpdated(), run: () => true });
    const source = defineSourceAsset({
      key: "s",
      freshness: freshness.cron({ deadline: "0 9 * * *", within: "3h", timezone: "Europe/Paris" }),
    });
    const { draft, errors } = await indexed({ assets: [asset, source] });
    expect(errors).toEqual([]);
    expect(draft?.assets.find(({ key }) => key === "a")).toMatchObject({
      automation: { label: "eager", type: "and" },
      freshness: { type: "time_window", failAfterSeconds: 86_400, warnAfterSeconds: 72_000 },
      backfill: { maxPartitionsPerRun: null },
    });
    expect(JSON.stringify(draft?.assets.find(({ key }) => key === "a")?.automation)).toContain("group:raw");
    expect(draft?.assets.find(({ key }) => key === "s")?.freshness).toEqual({
      type: "cron",
      cron: "0 9 * * *",
      timezone: "Europe/Paris",
      lowerBoundSeconds: 10_800,
    });
    expect(draft?.checks).toMatchObject([{ name: "ok", automation: { type: "newly_updated" } }]);
    expect(draft?.units.find(({ id }) => id === "a")).toMatchObject({ idleTimeoutSeconds: 30 });
  });

  it("a wrong automation, freshness or backfill policy is refused with its place", async () => {
    const { errors } = await indexed({
      assets: [
        defineAsset({ key: "a", automation: { type: "and", of: [] }, run: () => undefined }),
        defineAsset({ key: "b", automation: automation.onCron("61 * * * *"), run: () => undefined }),
        defineAsset({ key: "c", freshness: freshness.timeWindow({ failAfter: 10 }), run: () => undefined }),
        defineAsset({ key: "d", backfill: { maxPartitionsPerRun: 0 }, run: () => undefined }),
        defineAsset({ key: "e", freshness: freshness.timeWindow({ failAfter: "soon" as "1h" }), run: () => undefined }),
      ],
    });
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('Asset "a": its automation condition is wrong'),
      expect.stringContaining('Asset "b": its automation condition is wrong'),
      expect.stringContaining('Asset "c": A freshness window must be at least a minute'),
      expect.stringContaining("Asset \"d\": 'backfill.maxPartitionsPerRun'"),
      expect.stringContaining('Asset "e": A freshness window'),
    ]);
    expect(errors.every(({ file, line }) => file === "automation.test.ts" && line !== undefined)).toBe(true);
  });
});

describe("schedules, sensors and jobs", () => {
  it("schedules, sensors and jobs stand in the manifest with their policies", async () => {
    const { draft, errors } = await indexed({
      assets: [defineAsset({ key: "a", run: () => undefined })],
      jobs: [defineJob({ name: "retried", selection: "*", priority: 3, runRetry: { maxRetries: 2, delay: "30s", on: "crashes" } })],
      schedules: [
        defineSchedule({ job, cron: "@daily", name: "s1", catchUp: { within: "2d" }, overlap: "queue", jitter: "5m", timeout: "2m" }),
        defineSchedule({ job, cron: "@daily", name: "s2", catchUp: { last: 3 } }),
      ],
      sensors: [
        defineMultiAssetSensor({ name: "all", assets: ["a", "b"], job }),
        defineCheckSensor({ name: "checks", checks: ["a", "elsewhere:x"], job }),
        defineRunStatusSensor({ name: "runs", statuses: ["failed"], jobs: [job], allLocations: true, job }),
        defineWebhookSensor({ name: "hook", job, verify: "github", map: { runKey: "id", when: [{ path: "type", equals: "push" }] } }),
        defineSensor({ name: "poll", job, every: "1m", timeout: "90s", webhook: { verify: "secret" }, evaluate: () => undefined }),
      ],
    });
    expect(errors).toEqual([]);
    expect(draft?.jobs.find(({ name }) => name === "retried")).toMatchObject({
      priority: 3,
      runRetry: { maxRetries: 2, strategy: "from_failure", delaySeconds: 30, on: "crashes" },
    });
    expect(draft?.schedules).toMatchObject([
      { catchUp: { type: "within", ms: 172_800_000 }, overlap: "queue", jitterSeconds: 300, timeoutSeconds: 120 },
      { catchUp: { type: "last", count: 3 } },
    ]);
    expect(draft?.sensors).toMatchObject([
      { kind: "asset", match: "all", assets: ["a", "b"] },
      { kind: "check", checks: ["a", "elsewhere:x"], checkOutcomes: ["failed", "warned"] },
      { kind: "run_status", jobs: ["j"], allLocations: true },
      { kind: "webhook", webhook: { verify: "github", raw: false, map: { runKey: "id", when: [{ path: "type", equals: "push" }] } } },
      { kind: "polling", intervalSeconds: 60, timeoutSeconds: 90, webhook: { verify: "secret", raw: false } },
    ]);
  });

  it("schedules, sensors and jobs are refused with the reason when a policy cannot be read", async () => {
    const { errors } = await indexed({
      assets: [defineAsset({ key: "a", run: () => undefined })],
      jobs: [defineJob({ name: "retried", selection: "*", runRetry: { maxRetries: 99, delay: "x" as "1s" } })],
      schedules: [defineSchedule({ job, cron: "@daily", catchUp: { within: "x" as "1s" }, jitter: "2d", timeout: 0 })],
      sensors: [
        defineSensor({ name: "poll", job, every: "0s", timeout: "x" as "1s", evaluate: () => undefined }),
        defineWebhookSensor({ name: "hook", job, map: { runKey: "id" }, evaluate: () => undefined }),
        defineCheckSensor({ name: "checks", checks: [], job }),
      ],
    });
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining("'runRetry.delay'"),
      expect.stringContaining("'runRetry.maxRetries'"),
      expect.stringContaining("'jitter'"),
      expect.stringContaining("'timeout'"),
      expect.stringContaining("'catchUp.within'"),
      expect.stringContaining("'every'"),
      expect.stringContaining("'timeout'"),
      expect.stringContaining("both 'map' and 'evaluate'"),
      expect.stringContaining("it watches no check"),
    ]);
  });
});

describe("a sensor that could never fire", () => {
  const asset = defineAsset({ key: "a", run: () => undefined });
  const check = asset.check({ name: "holds", run: () => true });
  const messagesOf = async (sensor: Sensor) => {
    const { errors } = await indexed({ assets: [asset, check], jobs: [job], sensors: [sensor] });
    for (const { file, line } of errors) expect([file, line]).toEqual(["automation.test.ts", expect.any(Number)]);
    return errors.map(({ message }) => message);
  };

  it.each<[string, Sensor, string]>([
    ["looks without a function", defineSensor({ name: "s", job } as unknown as SensorOptions<[]>), "it has no 'evaluate' function"],
    [
      "watches a check that its asset has not",
      defineCheckSensor({ name: "s", checks: ["a:nope"], job }),
      'has no check "nope", only holds',
    ],
    [
      "watches a job that is not there",
      defineRunStatusSensor({ name: "s", statuses: ["failed"], jobs: ["nope"], job }),
      'no job "nope" to watch',
    ],
    ["reads a delivery by JSONPath", defineWebhookSensor({ name: "s", job, map: { runKey: "$.data[0].id" } }), "so write 'data.0.id'"],
    [
      "reads a delivery with brackets",
      defineWebhookSensor({ name: "s", job, map: { tags: { t: "files[0]['key']" } } }),
      "so write 'files.0.key'",
    ],
    ["believes in an unknown way", defineWebhookSensor({ name: "s", job, verify: "hmac" as "none" }), "'webhook.verify' is wrong"],
  ])("a sensor that could never fire because it %s is refused, with its place", async (_why, sensor, message) => {
    expect(await messagesOf(sensor)).toEqual([expect.stringContaining(message)]);
  });

  it("a sensor may watch names that only another code location can have", async () => {
    expect(await messagesOf(defineCheckSensor({ name: "s", checks: ["other:nope", check], job }))).toEqual([]);
    expect(await messagesOf(defineRunStatusSensor({ name: "s", statuses: ["failed"], jobs: ["nope"], allLocations: true, job }))).toEqual(
      [],
    );
    expect(await messagesOf(defineWebhookSensor({ name: "s", job, map: { runKey: "$headers.x-id", tags: { a: "$schema" } } }))).toEqual([]);
  });
});

it("a schedule or job of a wrong shape is refused with its place, and so is the code location", async () => {
  const { errors } = await indexed({
    assets: [defineAsset({ key: "a", run: () => undefined })],
    jobs: [defineJob({ name: "urgent", selection: "*", priority: 5000 })],
    schedules: [defineSchedule({ job: "urgent", cron: "@daily", overlap: "sometimes" as "skip" })],
  });
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining(`Job "urgent": 'priority' is wrong`),
    expect.stringContaining(`Schedule "urgent_schedule": 'overlap' is wrong`),
  ]);
  const pools = await indexed({ assets: [], pools: { warehouse: 0 } });
  expect(pools.errors).toMatchObject([{ file: "automation.test.ts", message: expect.stringContaining("pools.warehouse") as unknown }]);
  for (const { file, line } of errors) expect([file, line]).toEqual(["automation.test.ts", expect.any(Number)]);
});

describe("an observable asset", () => {
  it("an observable asset reports what it saw and is never materialized", async () => {
    const seen = defineObservableAsset({ key: "raw/orders", run: () => observation({ dataVersion: "v2", metadata: { size: 7 } }) });
    const { draft } = await indexed({ assets: [seen] });
    expect(draft?.assets).toMatchObject([{ key: "raw/orders", unit: "raw/orders", observable: true }]);
    const { outcome, events } = await runStep([seen], "raw/orders");
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(events.filter(({ type }) => type.startsWith("asset_"))).toEqual([
      { type: "asset_started", asset: "raw/orders" },
      { type: "asset_observed", asset: "raw/orders", metadata: { size: { type: "int", value: 7 } }, dataVersion: "v2" },
    ]);
  });

  it("an observable asset may return just its data version", async () => {
    const seen = defineObservableAsset({ key: "raw/x", run: async () => await Promise.resolve("etag-1") });
    const { events } = await runStep([seen], "raw/x");
    expect(events.at(-1)).toEqual({ type: "asset_observed", asset: "raw/x", metadata: {}, dataVersion: "etag-1" });
  });

  it("an observable asset fails when its function does, and says so of the asset", async () => {
    const seen = defineObservableAsset({ key: "raw/x", run: () => Promise.reject(new Error("no route")) });
    const { outcome, events } = await runStep([seen], "raw/x");
    expect(outcome.outcome).toBe("failed");
    expect(events.at(-1)).toMatchObject({ type: "asset_failed", asset: "raw/x" });
  });

  it("an ordinary asset can also report an observation of its source", async () => {
    const made = defineAsset({
      key: "a",
      async *run() {
        yield await Promise.resolve(observation({ asset: "raw/x", dataVersion: "v1" }));
      },
    });
    const { events } = await runStep([made], "a");
    expect(events.filter(({ type }) => type !== "asset_started")).toMatchObject([
      { type: "asset_observed", asset: "raw/x", dataVersion: "v1" },
      { type: "asset_materialized", asset: "a" },
    ]);
  });
});
