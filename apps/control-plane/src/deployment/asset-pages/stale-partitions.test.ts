import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { PartitionMapping, PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { backfillTargetSchema } from "@headgate/shared/contract/runs/backfills.ts";
import { staleCausesByState } from "@headgate/shared/contract/assets/stale-by-state.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import type { TestAgent } from "../../testing/test-agent.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { reportAsset } from "../assets/report-asset.ts";
import { assetPartitions } from "./asset-partitions.ts";
import { assetStatesOf } from "./asset-states.ts";
import { staleAssets } from "../assets/stale-assets.ts";
import { previewBackfill } from "../backfills/backfill-queries.ts";

const daily: PartitionsDefinition = { type: "time", cadence: "daily", start: "2029-12-28" };
const hourly: PartitionsDefinition = { type: "time", cadence: "hourly", start: "2029-12-28" };
const yesterday: PartitionMapping = { type: "time_window", startOffset: -1, endOffset: -1 };
const DAYS = ["2030-01-01", "2030-01-02", "2030-01-03"];

interface Pair {
  readonly above?: PartitionsDefinition;
  readonly below?: PartitionsDefinition;
  readonly mapping?: PartitionMapping;
}

/** Two assets, `b` reads `a`. */
async function pair({ above = daily, below = daily, mapping }: Pair = {}) {
  const shape = assetsOf({ a: [], b: ["a"] });
  const assets = shape.assets.map((asset) => ({
    ...asset,
    partitions: asset.key === "a" ? above : below,
    deps: (asset.deps ?? []).map((dep) => ({ ...dep, ...(mapping && { mapping }) })),
  }));
  return TestDeployment.with(manifest({ ...shape, assets }));
}

const stepOf = (key: string, partition: string) => `${key}[${partition}]`;

function launchOn(deployment: TestDeployment, selection: string, partition: string): TestAgent {
  const agent = deployment.agent();
  deployment.launch({ selection, partition });
  return agent;
}

function materialize(deployment: TestDeployment, key: string, ...partitions: readonly string[]): void {
  for (const partition of partitions) {
    const agent = launchOn(deployment, key, partition);
    agent.succeed(stepOf(key, partition));
    agent.disconnect();
    deployment.pass(1000);
  }
}

const stalePartitions = (deployment: TestDeployment, key = "b") =>
  unwrap(assetPartitions(deployment.engine.reader(), { key, limit: 500 }))
    .items.filter(({ stale }) => stale)
    .map((item) => item.key)
    .toSorted();

/** What a backfill of stale partitions would make. */
const backfilled = (deployment: TestDeployment, selection: string, within: object = {}) => {
  const target = backfillTargetSchema.parse({ selection, partitions: { type: "stale", ...within } });
  const preview = previewBackfill(deployment.engine.reader(), { target });
  return preview.ok ? preview.value.assets.map(({ asset, ranges }) => [asset, ...ranges]) : preview.error.message;
};

describe("a backfill of what is stale", () => {
  it("a backfill makes exactly the stale partitions", async () => {
    const deployment = await pair();
    materialize(deployment, "a", ...DAYS);
    materialize(deployment, "b", ...DAYS);
    expect(backfilled(deployment, "b")).toBe("There is nothing to do: no partition of b is stale.");
    materialize(deployment, "a", "2030-01-01", "2030-01-03");
    expect(backfilled(deployment, "status:stale")).toEqual([["b", "2030-01-01", "2030-01-03"]]);
    expect(backfilled(deployment, "*", { first: "2030-01-02" })).toEqual([["b", "2030-01-03"]]);
  });

  it("a backfill also makes what reads a partition made again", async () => {
    const shape = assetsOf({ a: [], b: ["a"], c: ["b"], total: ["c"] });
    const assets = shape.assets.map((asset) => (asset.key === "total" ? asset : { ...asset, partitions: daily }));
    const deployment = await TestDeployment.with(manifest({ ...shape, assets }));
    for (const key of ["a", "b", "c"]) materialize(deployment, key, ...DAYS);
    const agent = deployment.agent();
    deployment.launch({ selection: "total" });
    agent.succeed("total");
    agent.disconnect();
    materialize(deployment, "a", "2030-01-02");
    expect(backfilled(deployment, "status:stale")).toEqual([["b", "2030-01-02"], ["c", "2030-01-02"], ["total"]]);
  });
});

describe("stale partitions of an asset", () => {
  it("a partition is stale after the partition that it reads changed", async () => {
    const deployment = await pair();
    materialize(deployment, "a", ...DAYS);
    materialize(deployment, "b", ...DAYS);
    expect([stalePartitions(deployment), unwrap(staleAssets(deployment.engine.reader()))]).toEqual([[], []]);
    const at = deployment.now;
    materialize(deployment, "a", "2030-01-02");
    expect(stalePartitions(deployment)).toEqual(["2030-01-02"]);
    const cause = { type: "data", asset: "b", dependency: "a", at, partitions: 1 };
    expect(unwrap(staleAssets(deployment.engine.reader()))).toEqual([{ key: "b", causes: [cause] }]);
    expect(assetStatesOf(deployment.engine.reader(), ["b"])[0]?.partitions?.stale).toEqual({ count: 1, dependency: "a", at });
    materialize(deployment, "b", "2030-01-02");
    expect([stalePartitions(deployment), unwrap(staleAssets(deployment.engine.reader()))]).toEqual([[], []]);
  });

  it.each<[string, Pair, string, string[]]>([
    ["the day of a changed hour", { above: hourly }, "2030-01-02-05:00", ["2030-01-02"]],
    ["the day after, with an offset", { mapping: yesterday }, "2030-01-02", ["2030-01-03"]],
    ["all that read the last partition", { mapping: { type: "last" } }, "2030-01-06", DAYS],
    ["none if another than the last changed", { mapping: { type: "last" } }, "2030-01-01", []],
    ["each that reads all partitions", { mapping: { type: "all" } }, "2030-01-02", DAYS],
  ])("a change makes stale %s", async (_name, shape, changed, stale) => {
    const deployment = await pair(shape);
    materialize(deployment, "b", ...DAYS);
    materialize(deployment, "a", changed);
    expect(stalePartitions(deployment)).toEqual(stale);
  });

  it("a missing partition is not stale", async () => {
    const deployment = await pair();
    materialize(deployment, "a", ...DAYS);
    expect([stalePartitions(deployment), unwrap(staleAssets(deployment.engine.reader()))]).toEqual([[], []]);
  });

  it("a range makes stale all that it has", async () => {
    const deployment = await pair();
    materialize(deployment, "b", ...DAYS);
    materialize(deployment, "a", "2030-01-02...2030-01-03");
    expect(stalePartitions(deployment)).toEqual(["2030-01-02", "2030-01-03"]);
    materialize(deployment, "b", "2030-01-01...2030-01-02");
    expect(stalePartitions(deployment)).toEqual(["2030-01-03"]);
  });

  it("a run of both leaves nothing stale", async () => {
    const deployment = await pair();
    materialize(deployment, "b", ...DAYS);
    const agent = launchOn(deployment, "*", "2030-01-02");
    agent.succeed(stepOf("a", "2030-01-02"));
    expect(stalePartitions(deployment)).toEqual(["2030-01-02"]);
    agent.succeed(stepOf("b", "2030-01-02"));
    expect(stalePartitions(deployment)).toEqual([]);
  });

  it("a step could not see what changed while it worked", async () => {
    const deployment = await pair();
    materialize(deployment, "b", ...DAYS);
    const agent = launchOn(deployment, "b", "2030-01-02");
    const job = agent.job(stepOf("b", "2030-01-02"));
    agent.report(agent.started(job));
    for (const partition of ["2030-01-01", "2030-01-02"])
      deployment.commit((tx) => reportAsset(tx, { type: "materialized", asset: "a", partition, metadata: {} }, { by: "ada", chain: null }));
    agent.report(agent.event(job, { type: "asset_materialized", asset: "b", metadata: {} }), agent.done(job, { outcome: "succeeded" }));
    expect(stalePartitions(deployment)).toEqual(["2030-01-01", "2030-01-02"]);
  });

  it("a report with the same data version makes no partition stale", async () => {
    const deployment = await pair();
    const report = () =>
      deployment.commit((tx) =>
        reportAsset(
          tx,
          { type: "materialized", asset: "a", partition: "2030-01-02", metadata: {}, dataVersion: "v1" },
          { by: "ada", chain: null },
        ),
      );
    report();
    materialize(deployment, "b", ...DAYS);
    report();
    expect(stalePartitions(deployment)).toEqual([]);
  });

  it("each partition of an asset stays stale until it is built", async () => {
    const shape = assetsOf({ a: [], b: ["a"] });
    const assets = shape.assets.map((asset) => ({ ...asset, ...(asset.key === "b" && { partitions: daily }) }));
    const deployment = await TestDeployment.with(manifest({ ...shape, assets }));
    materialize(deployment, "b", ...DAYS);
    const agent = deployment.agent();
    deployment.launch({ selection: "a" });
    agent.succeed("a");
    agent.disconnect();
    expect(stalePartitions(deployment)).toEqual(DAYS);
    materialize(deployment, "b", "2030-01-01");
    expect(stalePartitions(deployment)).toEqual(["2030-01-02", "2030-01-03"]);
    expect(unwrap(staleAssets(deployment.engine.reader()))).toMatchObject([{ key: "b", causes: [{ partitions: 2 }] }]);
  });

  it.each<[string, PartitionMapping, string, string]>([
    ["the last partition", { type: "last" }, "2030-01-06", "2030-01-05"],
    ["a named partition", { type: "specific", keys: ["2030-01-02"] }, "2030-01-02", "2030-01-06"],
  ])("an unpartitioned asset is judged by %s that it reads", async (_name, mapping, read, other) => {
    const shape = assetsOf({ a: [], b: ["a"], c: ["b"] });
    const assets = shape.assets.map((asset) => ({
      ...asset,
      ...(asset.key === "a" && { partitions: daily }),
      deps: (asset.deps ?? []).map((dep) => ({ ...dep, ...(asset.key === "b" && { mapping }) })),
    }));
    const deployment = await TestDeployment.with(manifest({ ...shape, assets }));
    const build = (key: string) => {
      const agent = deployment.agent();
      deployment.launch({ selection: key });
      agent.succeed(key);
      agent.disconnect();
    };
    const stale = () => unwrap(staleAssets(deployment.engine.reader()));
    materialize(deployment, "a", read, other);
    build("b");
    build("c");
    materialize(deployment, "a", other);
    expect(stale()).toEqual([]);
    const at = deployment.now;
    materialize(deployment, "a", read);
    const cause = { type: "data", asset: "b", dependency: "a", at };
    expect(stale()).toEqual([
      { key: "b", causes: [cause] },
      { key: "c", causes: [{ type: "upstream", asset: "c", dependency: "b", root: cause }] },
    ]);
    const reader = deployment.engine.reader();
    const { graph } = catalogOf(reader);
    const states = new Map(assetStatesOf(reader, graph.keys).map((state) => [state.key, state]));
    const causesOf = staleCausesByState(graph, { stateOf: (key) => states.get(key), codeVersionOf: () => null });
    expect(["a", "b", "c"].map((key) => causesOf(key).length)).toEqual([0, 1, 1]);
    expect(backfilled(deployment, "status:stale")).toEqual([["b"], ["c"]]);
    build("b");
    expect(stale().map(({ key }) => key)).toEqual(["c"]);
  });

  it("many changed hours are one compact set", async () => {
    const deployment = await pair({ above: hourly, below: hourly });
    const first = "2029-12-28-00:00";
    const last = "2030-01-07-11:00";
    materialize(deployment, "b", `${first}...${last}`);
    materialize(deployment, "a", `${first}...${last}`);
    const [row] = deployment.rows("SELECT stale FROM asset_partition WHERE asset = 'b'");
    expect(String(row?.["stale"]).length).toBeLessThan(200);
    expect(stalePartitions(deployment).length).toBeGreaterThan(200);
  });
});
