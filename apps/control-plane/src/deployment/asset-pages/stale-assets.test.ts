import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { staleCausesByState } from "@headgate/shared/contract/assets/stale-by-state.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { reportAsset } from "../assets/report-asset.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { MIGRATIONS } from "../migrations.ts";
import { assetStatesOf } from "./asset-states.ts";
import { previewLaunch } from "../run-pages/run-queries.ts";
import { assetDetail } from "./asset-queries.ts";
import { staleAssets } from "../assets/stale-assets.ts";

const chain = (codeVersions: Record<string, string> = {}) => {
  const shape = assetsOf({ a: [], b: ["a"], c: ["b"] });
  return manifest({ ...shape, assets: shape.assets.map((asset) => ({ ...asset, codeVersion: codeVersions[asset.key] ?? "1" })) });
};
const staleOf = (deployment: TestDeployment) => unwrap(staleAssets(deployment.engine.reader()));

/** A chain of three assets that was materialized a second ago. */
async function materialized() {
  const deployment = await TestDeployment.with(chain());
  materialize(deployment, ["a", "b", "c"]);
  deployment.pass(1000);
  return deployment;
}

/** An agent of its own for each run, because an agent answers the first step of a name. */
function launchOn(deployment: TestDeployment, keys: readonly string[]) {
  const agent = deployment.agent();
  deployment.launch({ selection: keys.join(" or ") });
  return agent;
}

function materialize(deployment: TestDeployment, keys: readonly string[]): void {
  const agent = launchOn(deployment, keys);
  for (const key of keys) agent.succeed(key);
  agent.disconnect();
}

describe("stale assets", () => {
  it("nothing is stale after a run of everything", async () => {
    const deployment = await materialized();
    expect(staleOf(deployment)).toEqual([]);
  });

  it("an update makes stale what reads it, with the beginning", async () => {
    const deployment = await materialized();
    materialize(deployment, ["a"]);
    const root = { type: "data", asset: "b", dependency: "a", at: deployment.now };
    expect(staleOf(deployment)).toEqual([
      { key: "b", causes: [root] },
      { key: "c", causes: [{ type: "upstream", asset: "c", dependency: "b", root }] },
    ]);
    expect(unwrap(assetDetail(deployment.engine.reader(), "b")).stale).toEqual([root]);
    materialize(deployment, ["b", "c"]);
    expect(staleOf(deployment)).toEqual([]);
  });

  it("a failure makes stale what was skipped after it", async () => {
    const deployment = await materialized();
    launchOn(deployment, ["a", "b", "c"]).fail("a");
    expect(staleOf(deployment).map(({ key, causes }) => [key, causes[0]?.type])).toEqual([
      ["b", "upstream_failed"],
      ["c", "upstream"],
    ]);
  });

  it("new code makes stale until the next materialization", async () => {
    const deployment = await materialized();
    deployment.publish(chain({ c: "2" }));
    expect(staleOf(deployment)).toEqual([{ key: "c", causes: [{ type: "code", asset: "c" }] }]);
    materialize(deployment, ["c"]);
    expect(staleOf(deployment)).toEqual([]);
  });

  it("a run may select what is stale, also above an asset", async () => {
    const deployment = await TestDeployment.with(manifest(assetsOf({ a: [], b: ["a"], c: ["b"], d: ["a"], new: [] })));
    materialize(deployment, ["a", "b", "c", "d"]);
    deployment.pass(1000);
    materialize(deployment, ["a"]);
    const planned = (selection: string) =>
      unwrap(previewLaunch(deployment.engine.reader(), { target: { selection, checksOnly: false } }))
        .assets.map(({ key }) => key)
        .toSorted();
    expect(planned("status:stale")).toEqual(["b", "c", "d"]);
    expect(planned("+key:c and status:stale")).toEqual(["b", "c"]);
    materialize(deployment, ["b", "c", "d"]);
    const preview = (selection: string) => previewLaunch(deployment.engine.reader(), { target: { selection, checksOnly: false } });
    expect(preview("status:stale")).toMatchObject({ ok: false, error: { code: "invalid_selection" } });
    expect(preview("status:failed")).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("Use status:stale") as unknown },
    });
  });

  it("a report with the same data version makes nothing stale", async () => {
    const deployment = await materialized();
    const report = (dataVersion: string) =>
      deployment.commit((tx) =>
        reportAsset(tx, { type: "materialized", asset: "a", metadata: {}, dataVersion }, { by: "ada", chain: null }),
      );
    const detail = (): unknown[] => staleOf(deployment).map(({ key }) => key);
    report("v1");
    expect(detail()).toEqual(["b", "c"]);
    const other = await materialized();
    other.rows("UPDATE asset_state SET data_version = 'v1' WHERE asset = 'a'");
    other.commit((tx) =>
      reportAsset(tx, { type: "materialized", asset: "a", metadata: {}, dataVersion: "v1" }, { by: "ada", chain: null }),
    );
    expect(staleOf(other)).toEqual([]);
  });

  it("a dashboard that has all states comes to the same answer", async () => {
    const deployment = await materialized();
    materialize(deployment, ["a"]);
    const reader = deployment.engine.reader();
    const { graph } = catalogOf(reader);
    const states = new Map(assetStatesOf(reader, graph.keys).map((state) => [state.key, state]));
    const causesOf = staleCausesByState(graph, { stateOf: (key) => states.get(key), codeVersionOf: () => "1" });
    expect(graph.keys.map((key) => ({ key, causes: causesOf(key) })).filter(({ causes }) => causes.length > 0)).toEqual(
      staleOf(deployment),
    );
  });

  it("an older database learns from its events what is stale", async () => {
    const deployment = await materialized();
    materialize(deployment, ["a"]);
    const before = staleOf(deployment);
    deployment.rows("UPDATE asset_state SET saw_seq = NULL, changed_seq = NULL, changed_saw = NULL, changed_at = NULL");
    expect(staleOf(deployment)).toEqual([]);
    const updates =
      MIGRATIONS.find(({ id }) => id === "0007-staleness")
        ?.sql.split(";")
        .filter((sql) => sql.includes("UPDATE")) ?? [];
    for (const sql of updates) deployment.rows(sql);
    expect(staleOf(deployment)).toEqual(before);
  });

  it("finds ten thousand stale assets in one walk", async () => {
    const size = 10_000;
    const keys = Array.from({ length: size }, (_, index) => `n${String(index).padStart(5, "0")}`);
    const shape = assetsOf(
      Object.fromEntries(keys.map((key, index) => [key, index === 0 ? [] : [keys[Math.floor((index - 1) / 2)] ?? ""]])),
    );
    const deployment = await TestDeployment.with(manifest(shape));
    deployment.rows(
      `INSERT INTO asset_state (asset, materialized_at, materialized_seq, saw_seq, changed_seq, changed_saw, changed_at)
       SELECT key, 1, 2, 1, iif(key = 'n00000', 9, 2), iif(key = 'n00000', 8, 1), 1 FROM version_asset`,
    );
    expect(staleOf(deployment)).toHaveLength(size - 1);
  });
});
