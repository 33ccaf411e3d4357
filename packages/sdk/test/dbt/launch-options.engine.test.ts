import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dailyPartitions } from "@headgate/sdk";
import { findDbt } from "../../src/integrations/dbt/program.ts";
import { createShop, landCustomers } from "./shop-project.test-support.ts";

test("what a run with defer does not build is read from where production has it", { timeout: 240_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write(
    "macros/generate_schema_name.sql",
    "{% macro generate_schema_name(name, node) %}{{ env_var('SHOP_COPY', '') }}{{ name or target.schema }}{% endmacro %}",
  );
  expect((await shop.execute(shop.unit())).outcome).toEqual({ outcome: "succeeded" });
  const env = { ...process.env, SHOP_DB: shop.database };
  const dbt = findDbt({ executable: undefined, root: shop.root, cwd: process.cwd(), path: process.env["PATH"] });
  if (dbt?.kind !== "driver") throw new Error("dbt is no Python program here");
  execFileSync(dbt.python, ["-c", "from dbt.cli.main import cli; cli()", "parse", "--quiet", "--target-path", join(shop.root, "prod")], {
    cwd: join(shop.root, "dbt"),
    env,
  });

  const copy = { env: () => ({ SHOP_DB: "../storage/shop.duckdb", SHOP_COPY: "copy_" }) };
  const options = { select: "by_country", defer: { state: "prod" } };
  const { outcome } = await shop.execute(shop.unit(options, copy), { assets: ["gold/by_country"] });
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(await shop.rows("select sum(customers)::int as n from copy_gold.by_country")).toEqual([{ n: 100 }]);
  expect(await shop.rows("select table_schema, table_name from information_schema.tables where table_schema like 'copy_%'")).toEqual([
    { table_schema: "copy_gold", table_name: "by_country" },
  ]);
});

test("a run with the tag dbt/full_refresh makes incremental models anew", { timeout: 240_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write(
    "models/gold/grows.sql",
    "{{ config(materialized='incremental') }} select 1 as n from {{ ref('stg_customers') }} where id = 1",
  );
  const unit = shop.unit({ select: "+grows" });
  const rowsAfter = async (tags: Readonly<Record<string, string>>): Promise<unknown> => {
    expect((await shop.execute(unit, { tags })).outcome).toEqual({ outcome: "succeeded" });
    return (await shop.rows("select count(*)::int as n from gold.grows"))[0]?.["n"];
  };
  expect([await rowsAfter({}), await rowsAfter({}), await rowsAfter({ "dbt/full_refresh": "true" })]).toEqual([1, 2, 1]);
});

test("a model that is no microbatch gets the window of its partition through variables", { timeout: 240_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write(
    "models/gold/window.sql",
    `{{ config(materialized='incremental', tags=['daily']) }} select '{{ var("from", "") }}' as "from", '{{ var("to", "") }}' as "to"`,
  );
  const unit = shop.unit({
    select: "window",
    partitions: (node) => (node.tags.includes("daily") ? dailyPartitions({ start: "2025-01-01" }) : undefined),
    vars: ({ window }) => (window ? { from: window.start.toISOString(), to: window.end.toISOString() } : {}),
  });
  const { outcome, events } = await shop.execute(unit, { partition: "2025-01-03" });
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(events).toContainEqual(expect.objectContaining({ type: "asset_materialized", asset: "gold/window", partition: "2025-01-03" }));
  expect(await shop.rows('select "from", "to" from gold."window"')).toEqual([
    { from: "2025-01-03T00:00:00.000Z", to: "2025-01-04T00:00:00.000Z" },
  ]);
});
