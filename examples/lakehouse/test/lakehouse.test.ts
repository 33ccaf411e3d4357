import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { createRuntime } from "@headgate/sdk/runtime";
import { materialize } from "@headgate/sdk/testing";
import { expect, onTestFinished, test } from "vitest";
import expected from "../expected.json" with { type: "json" };
import { landRaw } from "../src/assets/bronze.ts";
import { customerReport, enoughCustomers, ordersByDay, sourceQuality, topCustomers } from "../src/assets/gold.ts";
import { lakehouse } from "../src/assets/silver.ts";
import location from "../src/location.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const everything = [landRaw, lakehouse, topCustomers, enoughCustomers, customerReport, ordersByDay, sourceQuality] as const;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "headgate-lakehouse-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function queryDuckDb(storage: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(join(storage, "lakehouse.duckdb"), { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

test("the code location is indexed without an error, dbt project included", { timeout: 120_000 }, async () => {
  const { draft, errors } = await createRuntime(location).index({ root, scratch: temporaryFolder(), env: process.env });
  expect(errors).toEqual([]);
  const assets = new Map(draft?.assets.map((asset) => [asset.key, asset]));
  for (const key of Object.keys(expected.rows)) expect(assets.get(key)?.unit, key).not.toBeNull();
  // A TypeScript asset lands what dbt only reads as a source.
  expect(assets.get("raw/customers")).toMatchObject({
    unit: "multi:land_raw",
    group: "bronze",
    deps: [{ key: "airbyte/postgres_customers" }],
  });
  expect(assets.get("dashboard/revenue_dashboard")).toMatchObject({ unit: null, url: "https://bi.example.com/dashboards/revenue" });
  expect(assets.get("silver/dim_customer")).toMatchObject({
    group: "silver",
    owners: ["data-platform@example.com", "customers@example.com"],
  });
  expect(draft?.jobs.map(({ name }) => name).toSorted()).toEqual(["bronze_refresh", "customer_pipeline", "full_refresh", "report"]);
  expect(draft?.schedules.find(({ job }) => job === "full_refresh")).toMatchObject({ cron: ["0 2 * * *"], timezone: "Europe/Paris" });
});

test("a full run materializes every asset with the row counts that DuckDB itself counts", { timeout: 180_000 }, async () => {
  const storage = temporaryFolder();
  const result = await materialize(everything, { root, storage, partition: "2025-03-01" });
  expect(result.failures).toEqual([]);
  expect(result.success).toBe(true);

  const reported = Object.fromEntries(Object.keys(expected.rows).map((key) => [key, result.materialization(key)?.metadata["row_count"]]));
  const tables = Object.keys(expected.rows).map((key) => `(select count(*)::int from ${key.replace("/", ".")}) as "${key}"`);
  const [counted] = await queryDuckDb(storage, `select ${tables.join(", ")}`);
  expect(counted).toEqual(expected.rows);
  expect(reported).toEqual(Object.fromEntries(Object.entries(expected.rows).map(([key, value]) => [key, { type: "int", value }])));
  expect(await queryDuckDb(storage, "select sum(revenue_cents)::int as cents from metrics.daily_revenue")).toEqual([
    { cents: expected.revenueCents },
  ]);

  expect(result.value("gold/top_customers")).toHaveLength(10);
  expect(result.value("metrics/customer_report").split("\n")[0]).toMatch(/^1\. \*\*/);
  expect(result.materialization("metrics/orders_by_day")).toMatchObject({ partition: "2025-03-01" });
  expect(result.materialization("metrics/source_quality")?.metadata).toMatchObject({
    tests: { type: "int", value: 4 },
    passed: { type: "int", value: 4 },
  });
  expect(result.check("gold/top_customers", "enough_customers")).toMatchObject({ passed: true });
  expect(result.check("silver/dim_customer", "not_null_dim_customer_email")).toMatchObject({
    passed: false,
    severity: "warn",
    metadata: { failures: { value: expected.customersWithoutEmail } },
  });
  expect(result.check("gold/fct_orders", "assert_every_order_has_a_customer")).toBeUndefined();
});

test("the blocking check stops the report, and nothing else", { timeout: 60_000 }, async () => {
  const rows = [{ customer: "Ada Evans", country: null, orders: 1, revenue_cents: 100 }];
  const duckdb = { query: async () => rows };
  const result = await materialize([topCustomers, enoughCustomers, customerReport], {
    resources: { duckdb },
    env: { LAKEHOUSE_MIN_CUSTOMERS: "2" },
  });
  expect(result.check("gold/top_customers", "enough_customers")).toMatchObject({
    passed: false,
    description: "Expected at least 2 customers, got 1",
  });
  expect(result.materialization("gold/top_customers")).toBeDefined();
  expect(result.materialization("metrics/customer_report")).toBeUndefined();
});
