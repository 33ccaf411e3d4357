/** Definitions shaped like the lakehouse example, or a generated medallion of any size. Deterministic. */
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { eager, onCron } from "@headgate/shared/domain/automation/build.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { sampleSchedules, sampleSensors } from "./fixture-automations.ts";

export type FixtureAsset = DefinitionsDocument["assets"][number];
export const LOCATION = "lakehouse";

interface Sketch {
  readonly key: string;
  readonly kinds: readonly string[];
  readonly deps?: readonly string[];
  readonly unit?: string | null;
  readonly description?: string;
  readonly owner?: string;
  readonly daily?: boolean;
  readonly partitions?: PartitionsDefinition;
  readonly automation?: Condition;
  readonly freshness?: FixtureAsset["freshness"];
  readonly checks?: readonly string[];
  readonly columns?: readonly [string, string, string?][];
}

const SKETCHES: readonly Sketch[] = [
  { key: "airbyte/customers", kinds: ["airbyte"], unit: null, description: "Customers as the ingestion tool lands them." },
  { key: "airbyte/orders", kinds: ["airbyte"], unit: null },
  { key: "raw/country_codes", kinds: ["dbt", "seed"], description: "Reference seed of countries." },
  {
    key: "bronze/stg_customers",
    kinds: ["dbt", "duckdb"],
    deps: ["airbyte/customers"],
    description: "Staging view over the raw customers.",
    checks: ["unique_customer_id", "not_null_customer_id", "relationships_country_code"],
    columns: [
      ["customer_id", "INTEGER", "Natural key"],
      ["email", "VARCHAR"],
      ["country_code", "VARCHAR"],
      ["updated_at", "TIMESTAMP"],
    ],
  },
  {
    key: "bronze/stg_orders",
    kinds: ["dbt", "duckdb"],
    deps: ["airbyte/orders"],
    description: "Staging view over the raw orders.",
    checks: ["unique_order_id", "accepted_values_status"],
  },
  { key: "bronze/stg_order_items", kinds: ["dbt", "duckdb"], deps: ["airbyte/orders"] },
  {
    key: "silver/dim_customer",
    kinds: ["dbt", "duckdb"],
    deps: ["bronze/stg_customers", "raw/country_codes"],
    owner: "data-platform@example.com",
    description:
      "Customer dimension, **one row per customer**, last version.\n\n- incremental by `updated_at`\n- unknown countries are kept\n\nSee [the wiki](https://wiki.example.com/customers), never [this](javascript:alert(1)). <script>alert(1)</script>\n\n```sql\nselect * from silver.dim_customer where country_code = 'GB'\n```",
    checks: ["unique_customer_key", "not_null_customer_key", "not_null_email", "relationships_country"],
    columns: [
      ["customer_key", "INTEGER", "Surrogate key."],
      ["customer_id", "INTEGER"],
      ["email", "VARCHAR"],
      ["first_name", "VARCHAR"],
      ["country_name", "VARCHAR"],
      ["updated_at", "TIMESTAMP"],
    ],
  },
  { key: "silver/order_items_enriched", kinds: ["dbt"], deps: ["bronze/stg_order_items"] },
  {
    key: "silver/customer_segments",
    kinds: ["typescript"],
    deps: ["silver/dim_customer"],
    description: "Segments by recency and value.",
    owner: "team:analytics",
  },
  {
    key: "gold/fct_orders",
    kinds: ["dbt", "duckdb"],
    deps: ["bronze/stg_orders", "silver/order_items_enriched", "silver/dim_customer"],
    description: "One row per order.",
    automation: eager(),
    freshness: { type: "time_window", failAfterSeconds: 86_400, warnAfterSeconds: 43_200 },
    owner: "data-platform@example.com",
    checks: ["unique_order_id", "relationships_customer_key"],
    columns: [
      ["order_id", "INTEGER"],
      ["customer_key", "INTEGER"],
      ["order_day", "DATE"],
      ["amount_cents", "BIGINT"],
    ],
  },
  {
    key: "gold/broken_attribution",
    kinds: ["typescript"],
    deps: ["gold/fct_orders"],
    description: "Marketing attribution.",
    owner: "team:marketing",
  },
  {
    key: "gold/daily_orders",
    kinds: ["typescript", "duckdb"],
    deps: ["gold/fct_orders"],
    daily: true,
    automation: onCron("0 6 * * *", "Europe/London"),
    description: "Orders of one day.",
    checks: ["has_rows"],
  },
  {
    key: "metrics/daily_revenue",
    kinds: ["dbt", "duckdb"],
    deps: ["gold/fct_orders"],
    description: "Revenue per day, cancelled orders left out.",
    checks: ["unique_order_day", "revenue_not_negative"],
  },
  {
    key: "bronze/customer_files",
    kinds: ["typescript"],
    deps: ["airbyte/customers"],
    partitions: { type: "dynamic", name: "customer_files" },
    description: "One partition for each file that arrived.",
  },
  {
    key: "metrics/regional_orders",
    kinds: ["typescript", "duckdb"],
    deps: ["gold/fct_orders"],
    partitions: {
      type: "multi",
      dimensions: [
        { name: "day", partitions: { type: "time", cadence: "daily", start: "2026-09-01" } },
        { name: "region", partitions: { type: "static", keys: ["americas", "apac", "emea"] } },
      ],
    },
    description: "Orders of one day and region.",
  },
  { key: "metrics/churn_features", kinds: ["typescript"], deps: ["silver/customer_segments", "gold/fct_orders"] },
  {
    key: "bi/revenue_dashboard",
    kinds: ["dashboard"],
    deps: ["metrics/daily_revenue", "gold/fct_orders"],
    unit: null,
    description: "The board's daily revenue dashboard.",
    owner: "bi@example.com",
  },
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
    const deps =
      level === 0 ? [] : [assets[(index * 7) % before]?.key, assets[(index * 13 + 5) % before]?.key].filter((key) => key !== undefined);
    assets.push(
      toAsset({
        key: `${layer}/domain_${index % 36}/table_${String(index).padStart(5, "0")}`,
        kinds: ["dbt", "trino"],
        deps: [...new Set(deps)],
        owner: `team:domain_${index % 36}`,
      }),
    );
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
    ...(sketch.partitions ? { partitions: sketch.partitions } : {}),
    ...(sketch.automation ? { automation: sketch.automation } : {}),
    ...(sketch.freshness ? { freshness: sketch.freshness } : {}),
    ...(sketch.daily ? { partitions: { type: "time", cadence: "daily", start: "2026-08-01" } as const } : {}),
    ...(sketch.columns
      ? { columns: sketch.columns.map(([name, type, description]) => ({ name, type, ...(description ? { description } : {}) })) }
      : {}),
    ...(sketch.kinds.includes("duckdb") ? { relation: `lakehouse.${sketch.key.replace("/", ".")}` } : {}),
    ...(sketch.key === "bi/revenue_dashboard" ? { url: "https://bi.example.com/dashboards/revenue" } : {}),
    codeVersion: "3f9c1e",
    metadata: sketch.kinds.includes("dbt") ? { dbt_path: { type: "path", value: `models/${sketch.key}.sql` } } : {},
    source: { file: sketch.kinds.includes("dbt") ? `dbt/models/${sketch.key}.sql` : `assets/${sketch.key.split("/")[0]}.ts`, line: 12 },
    location: sketch.unit === null ? "" : LOCATION,
    checks: (sketch.checks ?? []).map((name) => ({
      location: LOCATION,
      asset: sketch.key,
      name,
      unit: "dbt:lakehouse",
      blocking: name === "has_rows",
      severity: name.startsWith("relationships") ? "warn" : "error",
      description: `dbt test ${name}`,
    })),
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
  const job = (about: { name: string; selection: string; description: string; assetCount: number }) => ({
    ...about,
    tags: {},
    location: LOCATION,
  });
  return {
    hash,
    locations: [{ name: LOCATION, version: "v4" }],
    assets: sorted,
    jobs: [
      job({
        name: "full_refresh",
        selection: "*",
        description: "Everything, from the raw data to the metrics.",
        assetCount: sorted.filter((asset) => asset.unit !== null).length,
      }),
      job({ name: "bronze_refresh", selection: "group:bronze", description: "The staging layer.", assetCount: 3 }),
      job({
        name: "customer_pipeline",
        selection: "bronze/stg_customers+",
        description: "Customers and all that follows from them.",
        assetCount: 7,
      }),
    ],
    schedules: sampleSchedules(),
    sensors: sampleSensors(),
    layout: { width: 280 * 6, height: 90 * 8, nodeWidth: 220, nodeHeight: 64 },
  };
}
