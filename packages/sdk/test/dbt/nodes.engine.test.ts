/** Every kind of node and result of dbt in real runs: what is built, what is evaluated, and what a failure says. */
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { expect, test } from "vitest";
import { createShop } from "./shop-project.test-support.ts";

const PROJECT = "name: shop\nprofile: shop\nversion: '1.0'\n";

const said = (events: readonly StepEvent[]): string[] =>
  events
    .flatMap((event) => {
      if (event.type === "asset_materialized") return [event.asset];
      if (event.type === "check_evaluated") return [`${event.asset}:${event.check} ${event.passed ? "passed" : event.severity}`];
      if (event.type === "asset_failed") return [`${event.asset} failed`];
      return event.type === "asset_skipped" ? [`${event.asset} skipped: ${event.reason}`] : [];
    })
    .toSorted();

test("functions are created before their models, and a failed one is named", { timeout: 900_000 }, async () => {
  const shop = createShop({
    "dbt_project.yml": PROJECT,
    // dbt-duckdb has none of its own yet.
    "macros/scalar.sql":
      "{% macro duckdb__scalar_function_sql(target_relation) %}create or replace macro {{ target_relation.render() }}(x) as ({{ model.compiled_code }}){% endmacro %}",
    "functions/cents.sql": "x * 100",
    "functions/unused.sql": "x + 1",
    "functions/f.yml": `functions:
  - {name: cents, arguments: [{name: x, data_type: integer}], returns: {data_type: integer}}
  - {name: unused, arguments: [{name: x, data_type: integer}], returns: {data_type: integer}}
`,
    "models/raw.sql": "select 3 as id",
    "models/prices.sql": "{{ config(materialized='table') }} select {{ function('cents') }}(id) as c from {{ ref('raw') }}",
  });
  const unit = shop.unit();
  const part = await shop.execute(unit, { assets: ["raw", "prices"], checks: [] });
  expect([part.outcome, said(part.events)]).toEqual([{ outcome: "succeeded" }, ["prices", "raw"]]);
  expect(await shop.rows("select c::int as c from main.prices")).toEqual([{ c: 300 }]);
  shop.write("functions/cents.sql", "x * 1000");
  expect((await shop.execute(unit, { assets: ["prices"], checks: [] })).outcome).toEqual({ outcome: "succeeded" });
  expect(await shop.rows("select c::int as c from main.prices")).toEqual([{ c: 3000 }]);
  shop.write("functions/cents.sql", "x +");
  const broken = await shop.execute(unit);
  expect(said(broken.events)).toEqual(["prices skipped: function cents failed", "raw"]);
  expect(broken.outcome).toMatchObject({
    retryable: true,
    failure: { message: expect.stringMatching(/^The function cents failed: .*Parser Error.*1 skipped\.$/s) },
  });
});

test("a failed on-run command is named and does not build again", { timeout: 900_000 }, async () => {
  const shop = createShop({
    "dbt_project.yml": PROJECT,
    "models/a.sql": "select 1 as id",
    "models/b.sql": "select * from {{ ref('a') }}",
  });
  const unit = shop.unit();
  const run = async (more: string) => {
    shop.write("dbt_project.yml", `${PROJECT}${more}\n`);
    const { outcome, events } = await shop.execute(unit);
    return { outcome, said: said(events) };
  };
  const hook = (place: string) => `${place}: ["select 1", "insert into audit_log values (1)"]`;
  expect(await run(hook("on-run-end"))).toMatchObject({
    said: ["a", "b"],
    outcome: {
      retryable: false,
      failure: {
        message: expect.stringMatching(
          /^The on-run-end hook shop\.on-run-end\.1 failed: Catalog Error: .*audit_log.* All 2 assets of the step were built\.$/s,
        ),
      },
    },
  });
  expect(await run(hook("on-run-start"))).toMatchObject({
    said: ["a", "b"],
    outcome: {
      retryable: false,
      failure: { message: expect.stringMatching(/^The on-run-start hook shop\.on-run-start\.1 failed: Catalog Error/) },
    },
  });
  const skipped = await run(`${hook("on-run-start")}\nflags: {skip_nodes_if_on_run_start_fails: true}`);
  expect(skipped.said).toEqual([
    expect.stringMatching(/^a skipped: on-run-start hook shop\.on-run-start\.1 failed: Catalog Error/),
    expect.stringMatching(/^b skipped: on-run-start hook/),
  ]);
  expect(skipped.outcome).toMatchObject({ outcome: "failed", retryable: true });
  shop.write("models/b.sql", "{{ config(materialized='table') }} select error('bad b') from {{ ref('a') }}");
  expect(await run(hook("on-run-end"))).toMatchObject({
    said: ["a", "b failed"],
    outcome: {
      retryable: true,
      failure: { message: expect.stringMatching(/^1 of 2 dbt assets failed\. b: .*bad b.*; on-run-end hook .*audit_log/s) },
    },
  });
});

test("a test over two steps does not stop a new database", { timeout: 900_000 }, async () => {
  const shop = createShop({
    "dbt_project.yml": PROJECT,
    "models/customers.sql": "{{ config(tags=['daily']) }} select 1 as id",
    "models/hidden.sql": "{{ config(materialized='ephemeral') }} select id as customer_id from {{ ref('customers') }}",
    "models/orders.sql": "select customer_id from {{ ref('hidden') }}",
    "tests/as_many.sql": "select 1 from {{ ref('orders') }} having count(*) <> (select count(*) from {{ ref('customers') }})",
    "models/m.yml": `models:
  - name: customers
    columns: [{name: id, data_tests: [{relationships: {arguments: {to: ref('orders'), field: customer_id}}}]}]
  - name: hidden
    columns: [{name: customer_id, data_tests: [{accepted_values: {arguments: {values: [99]}, config: {severity: warn}}}]}]
  - name: orders
    columns: [{name: customer_id, data_tests: [not_null, {relationships: {arguments: {to: ref('customers'), field: id}}}]}]
`,
  });
  const daily = shop.unit({ select: "tag:daily" });
  const rest = shop.unit({ exclude: "tag:daily" });
  const first = await shop.execute(daily);
  expect([first.outcome, said(first.events)]).toEqual([
    { outcome: "succeeded" },
    ["customers", "customers:accepted_values_hidden_customer_id__99 warn"],
  ]);
  const texts = first.events.flatMap((event) => (event.type === "log" && event.level === "warn" ? [event.message] : []));
  expect(texts).toContain("The test as_many was not run: it reads shop.main.orders, which no step has built yet.");
  const second = await shop.execute(rest);
  expect([second.outcome, said(second.events)]).toEqual([
    { outcome: "succeeded" },
    [
      "orders",
      "orders:as_many passed",
      "orders:not_null_orders_customer_id passed",
      "orders:relationships_orders_customer_id__id__ref_customers_ passed",
    ],
  ]);
  const third = await shop.execute(daily);
  expect(said(third.events)).toEqual([
    "customers",
    "customers:accepted_values_hidden_customer_id__99 warn",
    "customers:as_many passed",
    "customers:relationships_customers_id__customer_id__ref_orders_ passed",
  ]);
  // Checks alone are evaluated as well.
  const checks = await shop.execute(daily, {
    assets: [],
    checks: ["customers:as_many", "customers:accepted_values_hidden_customer_id__99"],
  });
  expect(said(checks.events)).toEqual(["customers:accepted_values_hidden_customer_id__99 warn", "customers:as_many passed"]);
});

test("a source is read after the seed or model that makes it", { timeout: 900_000 }, async () => {
  const shop = createShop({
    "dbt_project.yml": `${PROJECT}seeds: {+batch_size: 1000}\nmodels: {+materialized: table}\n`,
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: \"{{ env_var('SHOP_DB') }}\", schema: main, threads: 4}}}\n",
    "seeds/countries.csv": "code\nGB\nFR\n",
    "models/base.sql": "select * from range(3) t(i)",
    "models/orders.sql": "select count(*)::int as n from {{ source('raw', 'countries') }}",
    "models/late.sql": "select count(*)::int as n from {{ source('other', 'base') }}",
    "models/s.yml": `sources:
  - name: raw
    schema: main
    tables: [{name: countries, columns: [{name: code, data_tests: [not_null]}]}]
  - {name: other, schema: main, tables: [{name: base}]}
`,
  });
  const unit = shop.unit();
  const described = await shop.describe(unit);
  if (!described.ok) throw new Error(JSON.stringify(described.errors));
  expect(Object.fromEntries(described.description.assets.map((asset) => [asset.key, asset.deps?.map((dep) => dep.key)]))).toEqual({
    countries: [],
    base: [],
    orders: ["countries"],
    late: ["base"],
  });
  for (const rows of ["GB\nFR\n", "GB\nFR\nDE\n"]) {
    shop.write("seeds/countries.csv", `code\n${rows}`);
    const { outcome, events } = await shop.execute(unit);
    expect([outcome, said(events)]).toEqual([{ outcome: "succeeded" }, ["base", "countries", "late", "orders"]]);
    expect(await shop.rows("select n from main.orders")).toEqual([{ n: rows.split("\n").length - 1 }]);
  }
});
