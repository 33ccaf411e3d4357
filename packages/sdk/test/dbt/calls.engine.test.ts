/** Nothing that a variable, a flag of the project or a default selector says changes what this package's own commands of dbt do. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { expect, test } from "vitest";
import { dailyPartitions } from "@headgate/sdk";
import { microbatchPartitions } from "../../src/integrations/dbt/index.ts";
import { createShop, type Shop } from "./shop-project.test-support.ts";

const PROJECT = { "dbt_project.yml": "name: shop\nprofile: shop\nversion: '1.0'\n" };
const MODELS = {
  "models/base.sql":
    "{{ config(tags=['nightly']) }} select i as id, timestamp '2025-01-01' + interval (i) day as moment from range(10) t(i)",
  "models/grows.sql":
    "{{ config(materialized='incremental') }} select (select count(*) from {{ ref('base') }}) as n, {{ 'true' if is_incremental() else 'false' }} as again",
  "models/broken_later.sql": "{{ config(materialized='table') }} select id from {{ ref('base') }}",
  "models/m.yml": `models:
  - name: base
    columns: [{name: id, data_tests: [not_null, {accepted_values: {arguments: {values: [99]}, config: {severity: warn}}}]}]
unit_tests:
  - name: copies
    model: broken_later
    given: [{input: ref('base'), rows: [{id: 1}]}]
    expect: {rows: [{id: 1}]}
`,
};

const said = (events: readonly StepEvent[]): string[] =>
  events
    .flatMap((event) => {
      if (event.type === "asset_materialized") return [`${event.asset} ${event.partition ?? ""}`.trim()];
      if (event.type === "check_evaluated") return [`${event.asset}:${event.check} ${event.passed ? "passed" : event.severity}`];
      if (event.type === "asset_failed") return [`${event.asset} failed`];
      return event.type === "asset_skipped" ? [`${event.asset} skipped: ${event.reason}`] : [];
    })
    .toSorted();

const EVERYTHING = [
  "base",
  "base:accepted_values_base_id__99 warn",
  "base:not_null_base_id passed",
  "broken_later",
  "broken_later:copies passed",
  "grows",
];

/** Each with a value that changes what `dbt build` does. */
const VARIABLES: Readonly<Record<string, string>> = {
  DBT_FULL_REFRESH: "true",
  DBT_EMPTY: "true",
  DBT_FAIL_FAST: "true",
  DBT_SAMPLE: "{'start': '2025-01-01', 'end': '2025-01-02'}",
  DBT_INDIRECT_SELECTION: "cautious",
  DBT_RESOURCE_TYPES: "seed",
  DBT_EXCLUDE_RESOURCE_TYPES: "model",
  DBT_WRITE_JSON: "false",
  DBT_WARN_ERROR: "true",
  DBT_DEFER: "true",
  DBT_STATE: "/no/such/folder",
  DBT_DEFER_STATE: "/no/such/folder",
  DBT_FAVOR_STATE: "true",
  DBT_EVENT_TIME_START: "2025-01-01",
  DBT_EVENT_TIME_END: "2025-01-02",
  DBT_QUIET: "true",
  DBT_LOG_LEVEL: "error",
  DBT_LOG_FORMAT: "json",
  DBT_PRINT: "false",
  DBT_PROJECT_DIR: "/no/such/folder",
  DBT_TARGET_PATH: "/no/such/folder",
  DBT_LOG_PATH: "/no/such/folder",
  DBT_DEBUG: "true",
  DBT_EXPORT_SAVED_QUERIES: "true",
  DBT_UPLOAD_TO_ARTIFACTS_INGEST_API: "true",
};

const again = async (shop: Shop): Promise<unknown> => await shop.rows("select again, n::int as n from main.grows order by again");
const ROWS = [
  { again: false, n: 10 },
  { again: true, n: 10 },
];

test("variables for dbt do not change what a run does", { timeout: 900_000 }, async () => {
  const shop = createShop({ ...PROJECT, ...MODELS });
  const unit = shop.unit();
  expect(said((await shop.execute(unit)).events)).toEqual(EVERYTHING);
  const engine = Object.fromEntries(Object.entries(VARIABLES).map(([name, value]) => [name.replace("DBT_", "DBT_ENGINE_"), value]));
  const sets = process.env["ONE_BY_ONE"] ? Object.entries(VARIABLES).map((entry) => Object.fromEntries([entry])) : [];
  for (const env of [...sets, VARIABLES, engine]) {
    await shop.rows("delete from main.grows where again");
    const { outcome, events } = await shop.execute(unit, { env });
    expect([Object.keys(env), outcome]).toEqual([Object.keys(env), { outcome: "succeeded" }]);
    expect([Object.keys(env), said(events)]).toEqual([Object.keys(env), EVERYTHING]);
    expect(await again(shop)).toEqual(ROWS);
  }
});

test("flags and a default selector do not change what runs do", { timeout: 900_000 }, async () => {
  const shop = createShop({ ...PROJECT, ...MODELS });
  shop.write("selectors.yml", "selectors: [{name: nightly, default: true, definition: {method: tag, value: nightly}}]\n");
  const flags = [
    "{fail_fast: true, indirect_selection: empty, write_json: false, warn_error: true, log_format: json, log_level: error}",
    "{warn_error_options: {error: all}, cache_selected_only: true, partial_parse: false, use_colors: true, debug: true}",
    "{warn_error_options: {error: [LogTestResult], silence: [NoNodesForSelectionCriteria]}, populate_cache: false, static_parser: false}",
  ];
  const unit = shop.unit();
  for (const text of flags) {
    shop.write("dbt_project.yml", `${PROJECT["dbt_project.yml"]}flags: ${text}\n`);
    const { outcome, events } = await shop.execute(unit);
    expect([text, outcome, said(events)]).toEqual([text, { outcome: "succeeded" }, EVERYTHING]);
  }
  // Two failures where the first would stop everything.
  shop.write("models/fails_a.sql", "{{ config(materialized='table') }} select error('first')");
  shop.write("models/fails_b.sql", "{{ config(materialized='table') }} select error('second') from {{ ref('base') }}");
  shop.write("dbt_project.yml", `${PROJECT["dbt_project.yml"]}flags: {fail_fast: true}\n`);
  const { outcome, events } = await shop.execute(unit);
  expect(said(events)).toEqual([...EVERYTHING, "fails_a failed", "fails_b failed"].toSorted());
  expect(outcome).toMatchObject({
    failure: { message: expect.stringMatching(/^2 of 5 dbt assets failed\. .*first.*second|second.*first/s) },
  });
});

test("target, profile and variables choose the graph that is published", { timeout: 900_000 }, async () => {
  const shop = createShop({
    ...PROJECT,
    "profiles.yml": `shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('SHOP_DB') }}", schema: dev}
    prod: {type: duckdb, path: "{{ env_var('SHOP_DB') }}", schema: prod}
other:
  target: dev
  outputs: {dev: {type: duckdb, path: "{{ env_var('SHOP_DB') }}", schema: other}}
`,
    "models/a.sql": "select '{{ target.name }}' as target",
    "models/only_prod.sql": "{{ config(enabled=target.name == 'prod') }} select 1 as id",
    "models/only_eu.sql":
      "{{ config(enabled=var('region', '') == 'eu', tags=[var('region', 'none')]) }} select '{{ var('region') }}' as region",
  });
  const relations = async (unit = shop.unit(), env: Record<string, string> = {}): Promise<unknown> => {
    const described = await shop.describe(unit, env);
    return described.ok ? described.description.assets.map((asset) => asset.relation?.replaceAll('"', "")).toSorted() : described.errors;
  };
  const dev = ["shop.dev.a"];
  const prod = ["shop.prod.a", "shop.prod.only_prod"];
  expect(await relations(shop.unit(), { DBT_TARGET: "dev" })).toEqual(dev);
  expect(await relations(shop.unit(), { DBT_TARGET: "prod" })).toEqual(prod);
  expect(await relations()).toEqual(dev);
  expect(await relations(shop.unit(), { DBT_ENGINE_TARGET: "prod", DBT_TARGET: "dev" })).toEqual(prod);
  expect(await relations(shop.unit(), { DBT_PROFILE: "other" })).toEqual(["shop.other.a"]);
  expect(await relations(shop.unit({}, { target: "dev" }), { DBT_TARGET: "prod" })).toEqual(dev);
  expect(await relations(shop.unit({}, { profile: "other" }), { DBT_PROFILE: "shop" })).toEqual(["shop.other.a"]);
  const eu = { vars: { region: "eu" } };
  expect(await relations(shop.unit({}, eu))).toEqual(["shop.dev.a", "shop.dev.only_eu"]);
  expect(await relations(shop.unit({ select: "tag:eu" }, eu))).toEqual(["shop.dev.only_eu"]);
  expect(await relations(shop.unit({ exclude: "tag:eu" }, eu))).toEqual(dev);
  expect(await relations(shop.unit({ select: "tag:us" }, { vars: { region: "us" } }))).toMatchObject([{ kind: "project" }]);
  expect(await relations()).toEqual(dev);

  // What was published is followed where the agent says nothing else.
  const unit = shop.unit();
  const published = await shop.describe(unit, { DBT_TARGET: "prod" });
  expect(published.ok).toBe(true);
  const { outcome } = await shop.run(unit, ["a", "only_prod"]);
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(await shop.rows("select target from prod.a")).toEqual([{ target: "prod" }]);

  const inEurope = await shop.execute(shop.unit({}, eu), { assets: ["only_eu"] });
  expect(inEurope.outcome).toEqual({ outcome: "succeeded" });
  expect(await shop.rows("select region from dev.only_eu")).toEqual([{ region: "eu" }]);
});

test("a step gives its variables with and without partitions", { timeout: 600_000 }, async () => {
  const shop = createShop({
    ...PROJECT,
    "dbt_project.yml": `${PROJECT["dbt_project.yml"]}vars: {region: us, size: small, day: none}\n`,
    "models/v.sql":
      "{{ config(materialized='table') }} select '{{ var('region') }}' as region, '{{ var('size') }}' as size, '{{ var('day') }}' as day",
  });
  const rows = async (): Promise<unknown> => (await shop.rows("select * from main.v"))[0];
  const run = async (options: Parameters<Shop["unit"]>[0], project?: Parameters<Shop["unit"]>[1], partition?: string): Promise<unknown> => {
    const { outcome } = await shop.execute(shop.unit(options, project), partition === undefined ? {} : { partition });
    expect(outcome).toEqual({ outcome: "succeeded" });
    return rows();
  };
  expect(await run({})).toEqual({ region: "us", size: "small", day: "none" });
  expect(await run({ vars: () => ({ region: "eu" }) })).toEqual({ region: "eu", size: "small", day: "none" });
  expect(await run({}, { vars: { region: "eu" } })).toEqual({ region: "eu", size: "small", day: "none" });
  expect(await run({ vars: () => ({ size: "big" }) }, { vars: { region: "eu", size: "middle" } })).toEqual({
    region: "eu",
    size: "big",
    day: "none",
  });
  const partitions = dailyPartitions({ start: "2025-01-01" });
  expect(await run({ partitions, vars: ({ key }) => ({ day: key }) }, { vars: { region: "eu" } }, "2025-01-02")).toEqual({
    region: "eu",
    size: "small",
    day: "2025-01-02",
  });
  expect(await run({ vars: () => ({}) })).toEqual({ region: "us", size: "small", day: "none" });
});

test("a full refresh of one partition is refused", { timeout: 900_000 }, async () => {
  const microbatch = (more: string): string =>
    `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='moment', batch_size='day', begin='2025-01-01'${more}) }} select id, moment from {{ ref('base') }}`;
  const shop = createShop({
    ...PROJECT,
    ...MODELS,
    "models/base.sql":
      "{{ config(materialized='table', event_time='moment') }} select i as id, timestamp '2025-01-01' + interval (i) day as moment from range(10) t(i)",
    "models/mb.sql": microbatch(""),
    "models/kept.sql": microbatch(", full_refresh=false"),
    "models/window.sql": "{{ config(materialized='incremental', tags=['daily']) }} select '{{ var('day', '') }}' as day",
  });
  const unit = shop.unit({
    select: "base mb kept window",
    partitions: (node) => (node.tags.includes("daily") ? dailyPartitions({ start: "2025-01-01" }) : microbatchPartitions(node)),
    vars: ({ key }) => ({ day: key }),
  });
  const days = async (table: string): Promise<unknown> => (await shop.rows(`select count(*)::int as n from main.${table}`))[0]?.["n"];
  await shop.execute(unit, { assets: ["base"], checks: [] });
  const whole = await shop.execute(unit, { assets: ["mb", "kept"], partition: "2025-01-01...2025-01-10" });
  expect(whole.outcome).toEqual({ outcome: "succeeded" });
  expect([await days("mb"), await days("kept")]).toEqual([10, 10]);
  for (const assets of [["mb"], ["window"], ["kept", "mb"]]) {
    const { outcome, events } = await shop.execute(unit, { assets, partition: "2025-01-05", tags: { "dbt/full_refresh": "true" } });
    expect(outcome).toMatchObject({
      outcome: "failed",
      retryable: false,
      failure: { message: expect.stringMatching(/^A full refresh of partition 2025-01-05 would empty (mb|window)/) },
    });
    expect(said(events)).toEqual([]);
  }
  const kept = await shop.execute(unit, { assets: ["kept"], partition: "2025-01-05", tags: { "dbt/full_refresh": "true" } });
  expect(kept.outcome).toEqual({ outcome: "succeeded" });
  const variable = await shop.execute(unit, { assets: ["mb"], partition: "2025-01-05", env: { DBT_FULL_REFRESH: "true" } });
  expect(variable.outcome).toEqual({ outcome: "succeeded" });
  expect([await days("mb"), await days("kept")]).toEqual([10, 10]);

  shop.write("models/mb.sql", microbatch(", full_refresh=true"));
  expect(await shop.describe(unit)).toMatchObject({
    ok: false,
    errors: [{ message: expect.stringContaining("mb (models/mb.sql) has full_refresh: true") }],
  });
});

test("a dbt that is only a command is told everything, too", { timeout: 600_000 }, async () => {
  const shop = createShop({ ...PROJECT, ...MODELS });
  shop.write("selectors.yml", "selectors: [{name: nightly, default: true, definition: {method: tag, value: nightly}}]\n");
  const executable = fileURLToPath(new URL("../../../../.venv/bin/dbt", import.meta.url));
  const script = join(shop.root, "dbt-command");
  execFileSync("bash", ["-c", `printf '#!/bin/bash\\nexec "${executable}" "$@"\\n' > "${script}" && chmod +x "${script}"`]);
  const unit = shop.unit({ locks: () => [shop.database] }, { executable: script });
  expect(said((await shop.execute(unit)).events)).toEqual(EVERYTHING);
  const { outcome, events } = await shop.execute(unit, { env: VARIABLES });
  expect([outcome, said(events)]).toEqual([{ outcome: "succeeded" }, EVERYTHING]);
  expect(await again(shop)).toEqual(ROWS);
});
