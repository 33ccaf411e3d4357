import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { materialize } from "@headgate/sdk/testing";
import { expect, onTestFinished, test } from "vitest";
import expected from "../expected.json" with { type: "json" };
import { landRaw } from "../src/assets/bronze.ts";
import { customerReport, enoughCustomers, ordersByDay, sourceQuality, topCustomers } from "../src/assets/gold.ts";
import { lakehouse } from "../src/assets/silver.ts";

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

test("a full run reports the row counts that DuckDB counts", { timeout: 180_000 }, async () => {
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
  // A test over several models is a check of each.
  expect(result.check("gold/fct_orders", "assert_every_order_has_a_customer")).toMatchObject({ severity: "warn" });
});
