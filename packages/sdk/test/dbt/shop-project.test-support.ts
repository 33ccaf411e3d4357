/** A small dbt project on DuckDB in a temporary folder, and what a runtime would hand to its unit. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { onTestFinished } from "vitest";
import { dbtAssets, dbtProject, type DbtAssetsOptions, type DbtProjectOptions } from "../../src/integrations/dbt/index.ts";
import { DuckDbFile } from "../../src/integrations/duckdb/connection.ts";
import type { Logger } from "../../src/values/log.ts";
import type { UnitDefinition, UnitDescription } from "../../src/definitions/unit.ts";

const FILES: Readonly<Record<string, string>> = {
  "dbt_project.yml": `name: shop
version: "1.0.0"
profile: shop
models:
  shop:
    bronze: {+schema: bronze, +materialized: view}
    silver: {+schema: silver, +materialized: table}
    gold: {+schema: gold, +materialized: table}
seeds:
  shop: {+schema: bronze}
`,
  "profiles.yml": `shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('SHOP_DB') }}", schema: main, threads: 2}
`,
  "macros/generate_schema_name.sql": "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
  "seeds/countries.csv": "code,name\nGB,United Kingdom\nFR,France\n",
  "models/bronze/stg_customers.sql": "select id, country from {{ source('raw', 'customers') }}",
  "models/silver/enriched.sql":
    "{{ config(materialized='ephemeral') }} select c.id, n.name from {{ ref('stg_customers') }} c left join {{ ref('countries') }} n on n.code = c.country",
  "models/silver/dim_customer.sql": "select * from {{ ref('enriched') }}",
  "models/gold/by_country.sql": "select name, count(*) as customers from {{ ref('dim_customer') }} group by name",
  "models/gold/total.sql": "select count(*) as n from {{ ref('stg_customers') }}",
  "tests/no_empty_total.sql": "select * from {{ ref('total') }} where n = 0",
  "models/schema.yml": `version: 2
sources:
  - name: raw
    schema: raw
    tables: [{name: customers, description: As exported.}]
models:
  - name: stg_customers
    description: Staged.
    columns:
      - {name: id, description: Natural key., data_tests: [unique, not_null]}
  - name: dim_customer
    config: {meta: {owner: dim@example.com}, tags: ["partitioned:daily", "core"]}
    columns:
      - name: name
        data_tests: [{not_null: {config: {severity: warn}}}]
exposures:
  - {name: board, type: dashboard, url: "https://bi.example.com/board", owner: {email: bi@example.com}, depends_on: [ref('by_country')]}
`,
};

export interface Shop {
  readonly root: string;
  readonly database: string;
  write(path: string, text: string): void;
  read(path: string): string;
  unit(options?: Partial<DbtAssetsOptions>, project?: Partial<DbtProjectOptions>): UnitDefinition;
  /** `env`: beside that of this process. */
  describe(unit: UnitDefinition, env?: Readonly<Record<string, string>>): ReturnType<UnitDefinition["describe"]>;
  /** Executes the whole unit, or only some assets with their checks. */
  execute(
    unit: UnitDefinition,
    options?: {
      assets?: readonly string[];
      checks?: readonly string[];
      signal?: AbortSignal;
      onEvent?: (event: StepEvent) => void;
      /** Key of a day, or `first...last`. */
      partition?: string;
      /** Beside that of this process. */
      env?: Readonly<Record<string, string>>;
      /** Tags of the run. */
      tags?: Readonly<Record<string, string>>;
    },
  ): Promise<{ outcome: StepOutcome; events: StepEvent[] }>;
  /** Executes these assets of what was described last, as an agent would: without describing it again. */
  run(unit: UnitDefinition, assets: readonly string[], of?: { readonly stepAssets: number }): ReturnType<Shop["execute"]>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
}

const warmFolder = mkdtempSync(join(tmpdir(), "headgate-dbt-warm-"));
process.once("exit", () => rmSync(warmFolder, { recursive: true, force: true }));

/** `files`: another project than the shop; its profile is called shop as well. */
export function createShop(files: Readonly<Record<string, string>> = FILES): Shop {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "headgate-dbt-")));
  const storage = join(root, "storage");
  const database = join(storage, "shop.duckdb");
  mkdirSync(storage);
  let attempts = 0;
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, "dbt", path)), { recursive: true });
    writeFileSync(join(root, "dbt", path), text);
  };
  for (const [path, text] of Object.entries({ "profiles.yml": FILES["profiles.yml"] ?? "", ...files })) write(path, text);
  // dbt checks what of it still holds; it only saves each test the time of a first parse.
  const parseState = join("dbt", "target", "headgate-cache", "partial_parse.msgpack");
  const warm = join(warmFolder, "partial_parse.msgpack");
  if (existsSync(warm)) {
    mkdirSync(dirname(join(root, parseState)), { recursive: true });
    cpSync(warm, join(root, parseState));
  }
  onTestFinished(() => {
    if (existsSync(join(root, parseState)) && !existsSync(warm)) cpSync(join(root, parseState), warm);
    rmSync(root, { recursive: true, force: true });
  });
  const folders = () => ({ root, storage, scratch: join(root, `scratch-${++attempts}`) });
  const file = () =>
    new DuckDbFile({
      path: database,
      readOnly: false,
      root,
      owner: "test",
      holder: "the test",
      log: silent,
      signal: new AbortController().signal,
    });

  const executeParts = async (
    unit: UnitDefinition,
    options: NonNullable<Parameters<Shop["execute"]>[1]> & { assets: readonly string[]; checks: readonly string[]; stepAssets?: number },
  ): ReturnType<Shop["execute"]> => {
    const { assets, checks } = options;
    const env = { ...process.env, ...options.env };
    const events: StepEvent[] = [];
    const log = loggerInto(events);
    const partition = options.partition === undefined ? null : partitionOf(options.partition);
    const outcome = await unit.execute({
      job: {
        t: "job",
        run: "r1",
        step: "dbt:shop",
        epoch: 1,
        attempt: 1,
        location: "shop",
        version: "v1",
        unit: unit.id,
        assets: [...assets],
        checks: [...checks],
        stepAssets: options.stepAssets,
        partition,
        tags: { ...options.tags },
        timeoutSeconds: null,
        job: null,
      },
      assets: new Set(assets),
      checks: new Set(checks),
      partition,
      config: undefined,
      log,
      signal: options.signal ?? new AbortController().signal,
      resources: {},
      folders: folders(),
      env,
      emit: (event) => {
        events.push(event);
        options.onEvent?.(event);
      },
    });
    return { outcome, events };
  };

  return {
    root,
    database,
    write,
    read: (path) => readFileSync(join(root, "dbt", path), "utf8"),
    unit: (options, project) =>
      dbtAssets({
        project: dbtProject({ dir: "dbt", env: () => ({ SHOP_DB: "../storage/shop.duckdb" }), ...project }),
        name: "shop",
        ...options,
      }) as UnitDefinition,
    describe: (unit, env) => unit.describe({ root, scratch: folders().scratch, env: { ...process.env, ...env } }),
    run: (unit, assets, of) => executeParts(unit, { ...of, assets, checks: [] }),
    async execute(unit, options = {}) {
      const described = await unit.describe({ root, scratch: folders().scratch, env: { ...process.env, ...options.env } });
      if (!described.ok) throw new Error(JSON.stringify(described.errors));
      const assets = options.assets ?? unitOf(described.description).assets;
      const checks = options.checks ?? unitOf(described.description).checks.filter((id) => assets.includes(id.split(":")[0] ?? ""));
      return executeParts(unit, { ...options, assets, checks });
    },
    async rows(sql) {
      const database = file();
      try {
        return await database.rows(sql, []);
      } finally {
        await database.close();
      }
    },
  };
}

const DAY_MS = 86_400_000;

function partitionOf(key: string): JobFrame["partition"] {
  const [first = key, last] = key.split("...");
  const start = Date.parse(`${first}T00:00:00Z`);
  const end = Date.parse(`${last ?? first}T00:00:00Z`) + DAY_MS;
  return { key, start, end, ...(last !== undefined && { range: { first, last, count: (end - start) / DAY_MS } }) };
}

/** Lands the raw table that the project reads. */
export async function landCustomers(shop: Shop): Promise<void> {
  await shop.rows("create schema if not exists raw");
  await shop.rows(
    "create or replace table raw.customers as select i as id, case when i % 2 = 0 then 'GB' else 'FR' end as country from range(1, 101) t(i)",
  );
}

export function unitOf(description: UnitDescription): { assets: readonly string[]; checks: readonly string[] } {
  return { assets: description.unit.assets ?? [], checks: description.unit.checks ?? [] };
}

export function loggerInto(events: StepEvent[]): Logger {
  const at = (level: "debug" | "info" | "warn" | "error") => (message: string) => void events.push({ type: "log", level, message });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), warning: at("warn"), error: at("error") };
}

const silent: Logger = loggerInto([]);
