import { join } from "node:path";
import { expect, test } from "vitest";
import { dbtProject, dbtSources } from "../../src/integrations/dbt/index.ts";
import type { UnitDefinition } from "../../src/definitions/unit.ts";
import { createShop } from "./shop-project.test-support.ts";

test("sources are observed: when they were filled, whether that is long ago, and what their tests say", { timeout: 240_000 }, async () => {
  const shop = createShop();
  await shop.rows("create schema if not exists raw");
  await shop.rows("create or replace table raw.orders as select 1 as id, now()::timestamp - interval 3 hour as filled");
  await shop.rows("create or replace table raw.fresh as select null as id, now()::timestamp as filled");
  shop.write(
    "models/more.yml",
    `version: 2
sources:
  - name: raw2
    schema: raw
    loaded_at_field: filled
    config:
      freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 1, period: day}}
    tables:
      - name: orders
        columns: [{name: id, data_tests: [not_null]}]
      - name: fresh
        columns: [{name: id, data_tests: [{not_null: {config: {severity: warn}}}]}]
      - {name: gone}
`,
  );
  const project = dbtProject({ dir: "dbt", env: () => ({ SHOP_DB: join("..", "storage", "shop.duckdb") }) });
  const unit = dbtSources({ project, name: "shop", include: (source) => source.name !== "gone" }) as UnitDefinition;
  const described = await shop.describe(unit);
  if (!described.ok) throw new Error(JSON.stringify(described.errors));
  expect(described.description.assets).toMatchObject([
    { key: "raw2/fresh", unit: "dbt-sources:shop", observable: true },
    { key: "raw2/orders", unit: "dbt-sources:shop", observable: true },
  ]);
  const { outcome, events } = await shop.execute(unit);
  expect(outcome).toEqual({ outcome: "succeeded" });
  const observed = events
    .flatMap((event) => (event.type === "asset_observed" ? [event] : []))
    .toSorted((a, b) => (a.asset < b.asset ? -1 : 1));
  expect(observed).toMatchObject([
    { asset: "raw2/fresh", dataVersion: expect.stringMatching(/^\d{4}-/), metadata: { freshness: { value: "pass" } } },
    { asset: "raw2/orders", metadata: { freshness: { value: "warn" }, max_loaded_at: { type: "timestamp" } } },
  ]);
  const checks = events.flatMap((event) =>
    event.type === "check_evaluated" ? [`${event.asset} ${event.check} ${event.passed ? "passed" : `failed ${event.severity}`}`] : [],
  );
  expect(checks.toSorted()).toEqual([
    "raw2/fresh freshness passed",
    "raw2/fresh source_not_null_raw2_fresh_id failed warn",
    "raw2/orders freshness failed warn",
    "raw2/orders source_not_null_raw2_orders_id passed",
  ]);

  const said = events.find((event) => event.type === "check_evaluated" && event.asset === "raw2/orders" && event.check === "freshness");
  expect(said).toMatchObject({
    description: expect.stringMatching(/^last filled \S+, \d+ (hours|minutes) before it was looked at$/) as string,
  });

  const all = await shop.execute(dbtSources({ project, name: "shop" }) as UnitDefinition);
  expect(all.outcome).toMatchObject({
    outcome: "failed",
    failure: { message: expect.stringMatching(/freshness of sources.*raw2\/gone: [\s\S]*gone/) },
  });
  expect(all.events.flatMap((event) => (event.type === "asset_observed" ? [event.asset] : [])).toSorted()).toEqual([
    "raw2/fresh",
    "raw2/orders",
  ]);
});
