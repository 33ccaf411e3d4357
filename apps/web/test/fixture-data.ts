/** A deployment shaped like the lakehouse example, as the control plane would describe it: definitions, states, runs. Deterministic. */
import type { AssetState, DefinitionsDocument, LocationView, AgentView, RunSummary, VersionView } from "@headgate/shared/api/views.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";

export type FixtureAsset = DefinitionsDocument["assets"][number];
export const LOCATION = "lakehouse";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Sketch {
  readonly key: string;
  readonly kinds: readonly string[];
  readonly deps?: readonly string[];
  readonly unit?: string | null;
  readonly description?: string;
  readonly owner?: string;
  readonly daily?: boolean;
  readonly checks?: readonly string[];
  readonly columns?: readonly [string, string, string?][];
}

const SKETCHES: readonly Sketch[] = [
  { key: "airbyte/customers", kinds: ["airbyte"], unit: null, description: "Customers as the ingestion tool lands them." },
  { key: "airbyte/orders", kinds: ["airbyte"], unit: null },
  { key: "raw/country_codes", kinds: ["dbt", "seed"], description: "Reference seed of countries." },
  { key: "bronze/stg_customers", kinds: ["dbt", "duckdb"], deps: ["airbyte/customers"], description: "Staging view over the raw customers.", checks: ["unique_customer_id", "not_null_customer_id", "relationships_country_code"], columns: [["customer_id", "INTEGER", "Natural key"], ["email", "VARCHAR"], ["country_code", "VARCHAR"], ["updated_at", "TIMESTAMP"]] },
  { key: "bronze/stg_orders", kinds: ["dbt", "duckdb"], deps: ["airbyte/orders"], description: "Staging view over the raw orders.", checks: ["unique_order_id", "accepted_values_status"] },
  { key: "bronze/stg_order_items", kinds: ["dbt", "duckdb"], deps: ["airbyte/orders"] },
  {
    key: "silver/dim_customer",
    kinds: ["dbt", "duckdb"],
    deps: ["bronze/stg_customers", "raw/country_codes"],
    owner: "data-platform@example.com",
    description:
      "Customer dimension, **one row per customer**, last version.\n\n- incremental by `updated_at`\n- unknown countries are kept\n\nSee [the wiki](https://wiki.example.com/customers), never [this](javascript:alert(1)). <script>alert(1)</script>\n\n```sql\nselect * from silver.dim_customer where country_code = 'GB'\n```",
    checks: ["unique_customer_key", "not_null_customer_key", "not_null_email", "relationships_country"],
    columns: [["customer_key", "INTEGER", "Surrogate key."], ["customer_id", "INTEGER"], ["email", "VARCHAR"], ["first_name", "VARCHAR"], ["country_name", "VARCHAR"], ["updated_at", "TIMESTAMP"]],
  },
  { key: "silver/order_items_enriched", kinds: ["dbt"], deps: ["bronze/stg_order_items"] },
  { key: "silver/customer_segments", kinds: ["typescript"], deps: ["silver/dim_customer"], description: "Segments by recency and value.", owner: "team:analytics" },
  { key: "gold/fct_orders", kinds: ["dbt", "duckdb"], deps: ["bronze/stg_orders", "silver/order_items_enriched", "silver/dim_customer"], description: "One row per order, partitioned by day.", owner: "data-platform@example.com", checks: ["unique_order_id", "relationships_customer_key"], columns: [["order_id", "INTEGER"], ["customer_key", "INTEGER"], ["order_day", "DATE"], ["amount_cents", "BIGINT"]] },
  { key: "gold/broken_attribution", kinds: ["typescript"], deps: ["gold/fct_orders"], description: "Marketing attribution.", owner: "team:marketing" },
  { key: "gold/daily_orders", kinds: ["typescript", "duckdb"], deps: ["gold/fct_orders"], daily: true, description: "Orders of one day.", checks: ["has_rows"] },
  { key: "metrics/daily_revenue", kinds: ["dbt", "duckdb"], deps: ["gold/fct_orders"], description: "Revenue per day, cancelled orders left out.", checks: ["unique_order_day", "revenue_not_negative"] },
  { key: "metrics/churn_features", kinds: ["typescript"], deps: ["silver/customer_segments", "gold/fct_orders"] },
  { key: "bi/revenue_dashboard", kinds: ["dashboard"], deps: ["metrics/daily_revenue", "gold/fct_orders"], unit: null, description: "The board's daily revenue dashboard.", owner: "bi@example.com" },
];

export function lakehouseAssets(): FixtureAsset[] {
  return layout(SKETCHES.map(toAsset));
}

/** A medallion of any size, for measuring. */
export function generatedAssets(count: number): FixtureAsset[] {
  const layers = ["bronze", "silver", "gold", "metrics"];
  const assets: FixtureAsset[] = [];
  for (let index = 0; index < count; index++) {
    const level = Math.min(3, Math.floor((index / count) * 4));
    const layer = layers[level] ?? "bronze";
    const before = Math.floor((level / 4) * count);
    const deps = level === 0 ? [] : [assets[(index * 7) % before]?.key, assets[(index * 13 + 5) % before]?.key].filter((key) => key !== undefined);
    assets.push(toAsset({ key: `${layer}/domain_${index % 36}/table_${String(index).padStart(5, "0")}`, kinds: ["dbt", "trino"], deps: [...new Set(deps)], owner: `team:domain_${index % 36}` }));
  }
  return layout(assets);
}

function toAsset(sketch: Sketch): FixtureAsset {
  return {
    key: sketch.key,
    unit: sketch.unit === null ? null : sketch.kinds.includes("dbt") ? "dbt:lakehouse" : sketch.key,
    group: sketch.key.slice(0, sketch.key.indexOf("/")),
    ...(sketch.description === undefined ? {} : { description: sketch.description }),
    owners: sketch.owner ? [sketch.owner] : [],
    tags: sketch.key.startsWith("gold/") ? { tier: "gold" } : {},
    kinds: [...sketch.kinds],
    deps: (sketch.deps ?? []).map((key) => ({ key })),
    ...(sketch.daily ? { partitions: { type: "time", cadence: "daily", start: "2026-08-01" } as const } : {}),
    ...(sketch.columns ? { columns: sketch.columns.map(([name, type, description]) => ({ name, type, ...(description ? { description } : {}) })) } : {}),
    ...(sketch.kinds.includes("duckdb") ? { relation: `lakehouse.${sketch.key.replace("/", ".")}` } : {}),
    ...(sketch.key === "bi/revenue_dashboard" ? { url: "https://bi.example.com/dashboards/revenue" } : {}),
    codeVersion: "3f9c1e",
    metadata: {},
    source: { file: sketch.kinds.includes("dbt") ? `dbt/models/${sketch.key}.sql` : `assets/${sketch.key.split("/")[0]}.ts`, line: 12 },
    location: sketch.unit === null ? "" : LOCATION,
    checks: (sketch.checks ?? []).map((name) => ({ asset: sketch.key, name, unit: "dbt:lakehouse", blocking: name === "has_rows", severity: name.startsWith("relationships") ? "warn" : "error", description: `dbt test ${name}` })),
    x: 0,
    y: 0,
    level: 0,
  };
}

function layout(assets: FixtureAsset[]): FixtureAsset[] {
  const levels = new Map<string, number>();
  const rows = new Map<number, number>();
  return assets.map((asset) => {
    const level = Math.max(0, ...asset.deps.map((dep) => (levels.get(dep.key) ?? 0) + 1));
    levels.set(asset.key, level);
    const row = rows.get(level) ?? 0;
    rows.set(level, row + 1);
    return { ...asset, level, x: level * 280, y: row * 90 };
  });
}

export function definitionsOf(assets: readonly FixtureAsset[], hash: string): DefinitionsDocument {
  const sorted = [...assets].sort((a, b) => (a.key < b.key ? -1 : 1));
  const job = (name: string, selection: string, description: string, assetCount: number) => ({ name, selection, description, tags: {}, location: LOCATION, assetCount });
  return {
    hash,
    locations: [{ name: LOCATION, version: "v4" }],
    assets: sorted,
    jobs: [
      job("full_refresh", "*", "Everything, from the raw data to the metrics.", sorted.filter((asset) => asset.unit !== null).length),
      job("bronze_refresh", "group:bronze", "The staging layer.", 3),
      job("customer_pipeline", "bronze/stg_customers+", "Customers and all that follows from them.", 7),
    ],
    schedules: [{ name: "daily_refresh", job: "full_refresh", cron: ["0 2 * * *"], timezone: "Europe/London", defaultStatus: "running", evaluated: false, tags: {}, location: LOCATION }],
    sensors: [],
    layout: { width: 280 * 6, height: 90 * 8, nodeWidth: 220, nodeHeight: 64 },
  };
}

export function metadataOf(key: string, rows: number): Metadata {
  return {
    row_count: { type: "int", value: rows },
    duration_seconds: { type: "float", value: 1.284 },
    relation: { type: "text", value: `lakehouse.${key.replace("/", ".")}` },
    freshest_row: { type: "timestamp", value: Date.UTC(2026, 10, 22, 23, 59) },
    null_share: { type: "float", value: 0.0312 },
    complete: { type: "bool", value: true },
    report: { type: "url", value: "https://reports.example.com/run/1" },
    unsafe: { type: "url", value: "javascript:alert(1)" },
    notes: { type: "md", value: "Loaded **incrementally**; see `updated_at`." },
    query: { type: "sql", value: "select customer_key, count(*) as orders\nfrom gold.fct_orders\ngroup by 1\norder by 2 desc" },
    profile: { type: "json", value: { columns: 8, distinct: { customer_key: 1000, country: 42 } } },
    sample: { type: "table", value: { columns: [{ name: "customer_key", type: "INTEGER" }, { name: "email", type: "VARCHAR" }], records: [{ customer_key: 1, email: "ada@example.com" }, { customer_key: 2, email: null }] } },
    upstream: { type: "asset", value: "bronze/stg_customers" },
  };
}

export function statesOf(assets: readonly FixtureAsset[], now: number): AssetState[] {
  return assets.map((asset, index): AssetState => {
    const total = asset.checks.length;
    const external = asset.unit === null;
    const broken = asset.key === "gold/broken_attribution" || (assets.length > 100 && index % 97 === 3);
    const never = asset.key === "metrics/churn_features" || (assets.length > 100 && index % 41 === 5);
    const checkFailed = asset.key === "metrics/daily_revenue";
    const checkWarned = asset.key === "silver/dim_customer";
    return {
      key: asset.key,
      health: external || never ? "unknown" : broken || checkFailed ? "failed" : checkWarned ? "warning" : "healthy",
      materialized: external || never || broken ? null : { at: now - 38 * MINUTE - index * 4000, run: runId(1), step: "dbt:lakehouse", partition: asset.partitions ? "2026-11-22" : null, durationMs: 800 + ((index * 317) % 4000), rowCount: 1000 + ((index * 7919) % 90_000), codeVersion: "3f9c1e" },
      failed: broken ? { at: now - 12 * MINUTE, run: runId(2), step: asset.key, message: "KeyError: 'missing' is not a column of gold.fct_orders", partition: null } : null,
      inProgress: null,
      checks: { passed: never || external ? 0 : total - (checkFailed || checkWarned ? 1 : 0), warned: checkWarned ? 1 : 0, failed: checkFailed ? 1 : 0, unknown: never ? total : 0 },
      partitions: asset.partitions ? { total: 114, materialized: 108, failed: 1 } : null,
    };
  });
}

export function runId(index: number): string {
  return `019ab3c0-${String(index).padStart(4, "0")}-7000-8000-0000${(0xc41f0000 + index * 7919).toString(16).slice(-8)}`;
}

export function sampleRuns(now: number, assetCount: number): RunSummary[] {
  const steps = (total: number, failed = 0, skipped = 0) => ({ total, succeeded: total - failed - skipped, failed, skipped, running: 0, canceled: 0 });
  const base = { partition: null, tags: {}, parent: null, materialized: assetCount, error: null, checksFailed: 0, checksWarned: 0, waiting: null, lastSeq: 120, assetCount };
  const runs: RunSummary[] = [
    { ...base, id: runId(2), status: "failed", job: "full_refresh", selection: "*", trigger: { type: "schedule", name: "daily_refresh", location: LOCATION, tick: "t1" }, createdAt: now - 14 * MINUTE, startedAt: now - 14 * MINUTE + 300, endedAt: now - 12 * MINUTE, steps: steps(5, 1, 1), materialized: assetCount - 2, error: "KeyError: 'missing' is not a column of gold.fct_orders" },
    { ...base, id: runId(1), status: "succeeded", job: "full_refresh", selection: "*", trigger: { type: "person", user: "ada" }, createdAt: now - 40 * MINUTE, startedAt: now - 40 * MINUTE + 90, endedAt: now - 37 * MINUTE, steps: steps(5), checksFailed: 1, checksWarned: 1 },
    { ...base, id: runId(3), status: "canceled", job: null, selection: 'key:"gold/fct_orders" or key:"gold/daily_orders"', trigger: { type: "person", user: "ada" }, createdAt: now - 3 * HOUR, startedAt: now - 3 * HOUR + 80, endedAt: now - 3 * HOUR + 30_000, steps: steps(2), assetCount: 2, materialized: 0 },
  ];
  for (let index = 4; index < 64; index++) {
    const at = now - index * 23 * MINUTE;
    const took = 20_000 + ((index * 7919) % 160_000);
    const failed = index % 11 === 0;
    runs.push({ ...base, id: runId(index), status: failed ? "failed" : "succeeded", job: index % 3 === 0 ? "bronze_refresh" : "customer_pipeline", selection: "group:bronze", trigger: index % 2 ? { type: "sensor", name: "new_files", location: LOCATION, tick: "t" } : { type: "token", name: "ci" }, createdAt: at, startedAt: at + 120, endedAt: at + took, steps: steps(4, failed ? 1 : 0), error: failed ? "Runtime Error in model stg_orders: could not open file raw/orders.csv" : null, checksWarned: index % 7 === 0 ? 1 : 0 });
  }
  return runs;
}

export function sampleVersions(now: number): VersionView[] {
  return [4, 3, 2, 1].map((number) => ({
    id: `v${number}`,
    location: LOCATION,
    number,
    active: number === 4,
    publishedAt: now - (5 - number) * 9 * HOUR,
    publishedBy: "ada",
    counts: { assets: 15 - (4 - number), checks: 14, jobs: 3, schedules: 1, sensors: 1 },
    git: { commit: `8c1f${number}a2b9d0e4f6a7b8c9d0e1f2a3b4c5d6e7f8a9`, branch: "main", dirty: number === 4, url: "https://github.com/example/lakehouse" },
    sdk: "0.1.0",
    diff: { added: number === 4 ? ["metrics/churn_features"] : [], removed: number === 3 ? ["gold/old_orders"] : [], changed: number > 1 ? ["gold/fct_orders", "silver/dim_customer"] : [] },
  }));
}

export function sampleLocation(now: number, broken: boolean): LocationView {
  const [active] = sampleVersions(now);
  return {
    name: LOCATION,
    status: broken ? "unavailable" : "loaded",
    active: active ?? null,
    erroredAt: broken ? now - 4 * MINUTE : null,
    updatedAt: now - 4 * MINUTE,
    errors: broken
      ? [
          {
            kind: "missing_package",
            message: "Cannot find package 'date-fns' imported from assets/gold.ts",
            file: "assets/gold.ts",
            line: 3,
            codeFrame: "  1 | import { defineAsset } from '@headgate/sdk';\n  2 | import { duckdb } from '../resources.ts';\n> 3 | import { startOfDay } from 'date-fns';\n    |                            ^^^^^^^^^^\n  4 |",
            stack: "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'date-fns' imported from assets/gold.ts\n    at assets/gold.ts:3:28\n    at packageResolve (node:internal/modules/esm/resolve:768:9)\n    at moduleResolve (node:internal/modules/esm/resolve:854:18)\n    at defaultResolve (node:internal/modules/esm/resolve:984:11)",
            hint: "Run `npm install date-fns` in the code location's folder, then publish again.",
          },
        ]
      : [],
  };
}

export function sampleAgents(now: number): AgentView[] {
  return [
    { instance: "i-1", name: "local", hostname: "worker-1", version: "0.1.0", queue: "default", slots: 8, running: 2, status: "connected", connectedAt: now - 7 * HOUR, lastSeenAt: now - 3000, labels: { zone: "eu-west" }, locations: [{ location: LOCATION, version: "v4", state: "ready" }], token: "tok_1" },
    { instance: "i-2", name: "cluster-b", hostname: "agent-6c9f", version: "0.1.0", queue: "default", slots: 4, running: 0, status: "draining", connectedAt: now - 2 * HOUR, lastSeenAt: now - 9000, labels: {}, locations: [{ location: LOCATION, version: "v3", state: "ready" }, { location: LOCATION, version: "v4", state: "loading" }], token: "tok_1" },
  ];
}
