import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { countedByDuckDb, only, reportedCounts } from "./reported.test-support.ts";
import { createShop, landCustomers } from "./shop-project.test-support.ts";

test("every asset is materialized live with the row count that DuckDB itself counts", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  const { outcome, events } = await shop.execute(shop.unit());
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(reportedCounts(events)).toEqual(await countedByDuckDb(shop));
  const order = events.flatMap((event) =>
    event.type === "asset_started" || event.type === "asset_materialized" ? [`${event.type} ${event.asset}`] : [],
  );
  for (const key of ["bronze/stg_customers", "silver/dim_customer"])
    expect(order.indexOf(`asset_started ${key}`)).toBeLessThan(order.indexOf(`asset_materialized ${key}`));
  expect(order.indexOf("asset_materialized bronze/stg_customers")).toBeLessThan(order.indexOf("asset_started silver/dim_customer"));
  const [staged] = only(events, "asset_materialized").filter(({ asset }) => asset === "bronze/stg_customers");
  expect(staged?.metadata["columns"]).toEqual({
    type: "table_schema",
    value: {
      columns: [
        { name: "id", type: "BIGINT", nullable: true, description: "Natural key." },
        { name: "country", type: "VARCHAR", nullable: true },
      ],
    },
  });
  expect(
    only(events, "check_evaluated")
      .map(({ asset, check, passed }) => `${asset} ${check} ${passed ? "passed" : "failed"}`)
      .sort(),
  ).toEqual([
    "bronze/stg_customers not_null_stg_customers_id passed",
    "bronze/stg_customers unique_stg_customers_id passed",
    "gold/total no_empty_total passed",
    "silver/dim_customer not_null_dim_customer_name passed",
  ]);
  const logs = only(events, "log").filter(({ source }) => source === "dbt");
  expect(logs.some(({ message }) => message.startsWith("Done. PASS="))).toBe(true);
  // oxlint-disable-next-line no-control-regex -- escape sequences are what must not be there
  expect(logs.filter(({ message }) => /\u001b/.test(message))).toEqual([]);
});

test(
  "a model with a database error fails with its message and compiled SQL, and only what is downstream is skipped",
  { timeout: 120_000 },
  async () => {
    const shop = createShop();
    await landCustomers(shop);
    shop.write("models/silver/dim_customer.sql", "select no_such_column from {{ ref('stg_customers') }}");
    const unit = shop.unit();
    const { outcome, events } = await shop.execute(unit);
    const [failed] = only(events, "asset_failed");
    expect(failed).toMatchObject({
      asset: "silver/dim_customer",
      failure: {
        kind: "dbt",
        message: expect.stringContaining("no_such_column"),
        source: { language: "sql", text: 'select no_such_column from "shop"."bronze"."stg_customers"' },
      },
    });
    expect(only(events, "asset_skipped")).toEqual([
      { type: "asset_skipped", asset: "gold/by_country", reason: "upstream silver/dim_customer failed" },
    ]);
    expect(Object.keys(reportedCounts(events)).sort()).toEqual(["bronze/countries", "bronze/stg_customers", "gold/total"]);
    expect(outcome).toMatchObject({
      outcome: "failed",
      retryable: true,
      failure: { kind: "dbt", message: expect.stringMatching(/^1 of 5 dbt assets failed, 1 skipped\. silver\/dim_customer: /) },
    });
    // A retry has only what is left, and still counts the whole step.
    const again = await shop.run(unit, ["silver/dim_customer", "gold/by_country"], { stepAssets: 5 });
    expect(again.outcome).toMatchObject({ failure: { message: expect.stringMatching(/^1 of 5 dbt assets failed, 1 skipped\. /) } });
  },
);

test("a failed test of severity error skips what is downstream and fails the step without a retry", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  await shop.rows("insert into raw.customers values (1, 'GB')");
  const { outcome, events } = await shop.execute(shop.unit());
  const [check] = only(events, "check_evaluated").filter(({ passed }) => !passed);
  expect(check).toMatchObject({
    asset: "bronze/stg_customers",
    check: "unique_stg_customers_id",
    severity: "error",
    description: "Got 1 result, configured to fail if != 0",
    metadata: { failures: { type: "int", value: 1 }, sql: { type: "sql" } },
  });
  expect(only(events, "asset_skipped")).toContainEqual({
    type: "asset_skipped",
    asset: "silver/dim_customer",
    reason: "check unique_stg_customers_id of upstream bronze/stg_customers failed",
  });
  expect(outcome).toMatchObject({
    outcome: "failed",
    retryable: false,
    failure: { kind: "check_failed", message: expect.stringContaining("bronze/stg_customers:unique_stg_customers_id") },
  });
});

test("cancel interrupts the running query, ends dbt and frees the database", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write(
    "models/gold/by_country.sql",
    "select count(*) as n from range(1000000000) a, range(1000000000) b, {{ ref('dim_customer') }} where a.range <> b.range",
  );
  const abort = new AbortController();
  const { outcome, events } = await shop.execute(shop.unit(), {
    signal: abort.signal,
    onEvent: (event) => void (event.type === "asset_started" && event.asset === "gold/by_country" && abort.abort()),
  });
  expect(outcome).toEqual({ outcome: "canceled" });
  expect(Object.keys(reportedCounts(events))).toContain("silver/dim_customer");
  expect(existsSync(`${shop.database}.headgate-lock`)).toBe(false);
  expect(await shop.rows("select count(*) as n from silver.dim_customer")).toEqual([{ n: 100 }]);
});
