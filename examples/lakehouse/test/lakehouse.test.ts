import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRuntime } from "@headgate/sdk/runtime";
import { materialize } from "@headgate/sdk/testing";
import { expect, onTestFinished, test } from "vitest";
import expected from "../expected.json" with { type: "json" };
import { customerReport, enoughCustomers, topCustomers } from "../src/assets/gold.ts";
import location from "../src/location.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "headgate-lakehouse-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
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
