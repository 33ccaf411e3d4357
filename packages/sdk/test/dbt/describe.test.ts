import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { UnitDefinition } from "../../src/definitions/unit.ts";
import { createShop, unitOf } from "./shop-project.test-support.ts";

test("models, seeds and sources become assets with lineage through ephemeral models", { timeout: 120_000 }, async () => {
  const shop = createShop();
  const described = await shop.describe(shop.unit());
  if (!described.ok) throw new Error(JSON.stringify(described.errors));
  const { description } = described;
  const byKey = new Map(description.assets.map((asset) => [asset.key, asset]));
  expect([...byKey.keys()].sort()).toEqual([
    "bronze/countries",
    "bronze/stg_customers",
    "dashboard/board",
    "gold/by_country",
    "gold/total",
    "raw/customers",
    "silver/dim_customer",
  ]);
  expect(byKey.get("silver/dim_customer")).toMatchObject({
    unit: "dbt:shop",
    group: "silver",
    owners: ["dim@example.com"],
    tags: { partitioned: "daily", core: "" },
    kinds: ["dbt", "duckdb"],
    deps: [{ key: "bronze/stg_customers" }, { key: "bronze/countries" }],
    code: { language: "sql", text: "select * from {{ ref('enriched') }}" },
  });
  expect(byKey.get("bronze/stg_customers")).toMatchObject({
    description: "Staged.",
    deps: [{ key: "raw/customers" }],
    columns: [{ name: "id", type: "?", description: "Natural key." }],
  });
  expect(byKey.get("raw/customers")).toMatchObject({ unit: null, description: "As exported." });
  expect(byKey.get("dashboard/board")).toMatchObject({
    unit: null,
    url: "https://bi.example.com/board",
    owners: ["bi@example.com"],
    deps: [{ key: "gold/by_country" }],
  });
  expect(unitOf(description).assets).not.toContain("raw/customers");
  const checks = description.checks
    .map(({ asset, name, blocking, severity }) => `${asset} ${name} ${severity}${blocking ? " blocking" : ""}`)
    .sort();
  expect(checks).toEqual([
    "bronze/stg_customers not_null_stg_customers_id error blocking",
    "bronze/stg_customers unique_stg_customers_id error blocking",
    "gold/total no_empty_total error blocking",
    "silver/dim_customer not_null_dim_customer_name warn",
  ]);
  expect(description.folders).toMatchObject([{ path: "dbt", ignore: ["dbt/target/headgate-cache"] }]);
});

test("an unchanged project is described from its cache, a changed one is read again", { timeout: 120_000 }, async () => {
  const shop = createShop();
  const first = await shop.describe(shop.unit());
  // A dbt that only fails proves that it was not asked.
  shop.write("../broken-dbt", "#!/bin/sh\nexit 1\n");
  chmodSync(join(shop.root, "broken-dbt"), 0o755);
  const withBrokenDbt = (): UnitDefinition => shop.unit({}, { executable: "./broken-dbt" });
  expect(await shop.describe(withBrokenDbt())).toEqual(first);
  shop.write("models/gold/more.sql", "select 1 as n");
  expect(await shop.describe(withBrokenDbt())).toMatchObject({ ok: false });
  const changed = await shop.describe(shop.unit());
  expect(changed.ok && unitOf(changed.description).assets).toContain("gold/more");
});

test("select, exclude, group and translate shape what becomes an asset", { timeout: 120_000 }, async () => {
  const shop = createShop();
  const unit = shop.unit({
    select: "path:models",
    exclude: "total",
    group: (node) => `layer_${node.schema ?? "none"}`,
    translate: (node) => (node.name === "dim_customer" ? { key: "people", kinds: ["dbt", "trino"] } : {}),
  });
  const described = await shop.describe(unit);
  if (!described.ok) throw new Error(JSON.stringify(described.errors));
  expect(unitOf(described.description).assets.toSorted()).toEqual(["bronze/stg_customers", "gold/by_country", "people"]);
  expect(described.description.assets.find((asset) => asset.key === "people")).toMatchObject({
    group: "layer_silver",
    kinds: ["dbt", "trino"],
  });
  expect(described.description.assets.find((asset) => asset.key === "gold/by_country")?.deps).toEqual([{ key: "people" }]);
});

test("a project that dbt cannot read is one load error with file, line and remedy", { timeout: 120_000 }, async () => {
  const shop = createShop();
  const errorsOf = async (unit = shop.unit()) => {
    const described = await shop.describe(unit);
    return described.ok ? [] : described.errors;
  };
  expect(await errorsOf(shop.unit({}, { executable: "nowhere/dbt" }))).toMatchObject([
    { kind: "project", message: expect.stringContaining('"nowhere/dbt" does not exist'), hint: expect.stringContaining("pip install") },
  ]);
  expect(await errorsOf(shop.unit({}, { dir: "elsewhere" }))).toMatchObject([
    { kind: "project", message: 'There is no dbt_project.yml in "elsewhere".' },
  ]);
  expect(await errorsOf(shop.unit({}, { env: () => ({}) }))).toMatchObject([
    { message: expect.stringContaining("Env var required but not provided: 'SHOP_DB'"), hint: expect.stringContaining("Set SHOP_DB") },
  ]);
  expect(await errorsOf(shop.unit({}, { profile: "shops" }))).toMatchObject([
    { message: expect.stringContaining("Could not find profile named 'shops'"), hint: expect.stringContaining("dbtProject({ profile })") },
  ]);
  shop.write("models/gold/wrong.sql", "select * from {{ ref('nothing') }}");
  expect(await errorsOf()).toMatchObject([
    {
      message: expect.stringContaining("depends on a node named 'nothing'"),
      file: "dbt/models/gold/wrong.sql",
      hint: expect.stringContaining("ref()"),
    },
  ]);
  shop.write("models/gold/wrong.sql", "select 1 as a\n\n from {{ ref('total' }}");
  expect(await errorsOf()).toMatchObject([
    { file: "dbt/models/gold/wrong.sql", line: 3, codeFrame: expect.stringContaining("> 3 |  from") },
  ]);
});
