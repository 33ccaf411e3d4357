import { expect, test } from "vitest";
import { mapAssets } from "../../src/integrations/dbt/graph/asset-keys.ts";
import { createReport } from "../../src/integrations/dbt/report/build-report.ts";
import { dbtManifestSchema } from "../../src/integrations/dbt/graph/dbt-manifest.ts";

test("what Trino's adapter answers is in the metadata: rows and query id", () => {
  const node = {
    unique_id: "model.a.m",
    name: "m",
    resource_type: "model",
    package_name: "a",
    fqn: ["a", "m"],
    path: "m.sql",
    original_file_path: "models/m.sql",
  };
  const manifest = dbtManifestSchema.parse({ metadata: { adapter_type: "trino" }, nodes: { [node.unique_id]: node } });
  const map = mapAssets({ manifest, selected: null }, () => undefined);
  const events: unknown[] = [];
  const report = createReport({
    manifest,
    map,
    wanted: { assets: new Set(["m"]), checks: new Set() },
    partition: null,
    targetPath: "/nowhere",
    statsFollow: false,
    emit: (event) => void events.push(event),
  });
  const result = {
    status: "success",
    message: "SUCCESS",
    adapter_response: { rows_affected: 1500, query_id: "20250101_000000_00001_abcde" },
  };
  report.receive({ kind: "node_finished", uniqueId: node.unique_id, resourceType: "model", relation: '"lake"."gold"."m"', result });
  expect(events).toMatchObject([
    {
      type: "asset_materialized",
      metadata: { row_count: { value: 1500 }, query_id: { value: "20250101_000000_00001_abcde" }, relation: { value: "lake.gold.m" } },
    },
  ]);
});
