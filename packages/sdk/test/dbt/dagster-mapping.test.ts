/** What differs between this mapping of dbt projects and dagster-dbt's, all of it; `mapping/record.ts` records what the latter makes of them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mapAssets } from "../../src/integrations/dbt/graph/asset-keys.ts";
import { dbtManifestSchema } from "../../src/integrations/dbt/graph/dbt-manifest.ts";
import { describeProject } from "../../src/integrations/dbt/graph/describe.ts";

interface Theirs {
  readonly assets: Readonly<
    Record<
      string,
      {
        readonly executable: boolean;
        readonly deps: readonly string[];
        readonly group: string;
        readonly owners: readonly string[];
        readonly tags: Readonly<Record<string, string>>;
        readonly kinds: readonly string[];
      }
    >
  >;
  readonly checks: Readonly<Record<string, { readonly blocking: boolean; readonly deps: readonly string[] }>>;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`mapping/${name}.json`, import.meta.url), "utf8"));
}

function compare(project: string, sourceTests: boolean): Record<string, unknown> {
  const theirs = read(`${project}.dagster${sourceTests ? "-sources" : ""}`) as Theirs;
  const manifest = dbtManifestSchema.parse(read(`${project}.graph`));
  const map = mapAssets({ manifest, selected: null }, () => undefined, { sourceTests });
  const { description: described } = describeProject({
    unit: "dbt:x",
    map,
    manifest,
    selected: null,
    folders: [],
    env: [],
    retry: undefined,
    timeoutSeconds: undefined,
    pool: undefined,
    translate: () => ({}),
    partitions: () => undefined,
  });
  const ours = new Map(described.assets.map((asset) => [asset.key, asset]));
  const checks = new Map(described.checks.map((check) => [`${check.asset}:${check.name}`, check]));
  const different: Record<string, Record<string, unknown>> = {};
  const note = (what: string, where: string, value: unknown): void => {
    different[what] = { ...different[what], [where]: value };
  };
  for (const [key, asset] of ours) {
    const other = theirs.assets[key];
    if (!other) {
      note("only ours", key, asset.kinds);
      continue;
    }
    const deps = (asset.deps ?? []).map((dep) => dep.key).toSorted();
    if ((asset.unit !== null) !== other.executable) note("executable", key, asset.unit !== null);
    if (String(deps) !== String(other.deps)) note("deps", key, [deps, other.deps]);
    if (asset.group !== other.group) note("group", key, [asset.group, other.group]);
    if (String((asset.owners ?? []).toSorted()) !== String(other.owners)) note("owners", key, [asset.owners, other.owners]);
    if (JSON.stringify(sorted(asset.tags)) !== JSON.stringify(sorted(other.tags))) note("tags", key, [asset.tags, other.tags]);
    if (String((asset.kinds ?? []).toSorted()) !== String(other.kinds)) note("kinds", key, [asset.kinds, other.kinds]);
  }
  for (const key of Object.keys(theirs.assets)) if (!ours.has(key)) note("only theirs", key, true);
  for (const [id, check] of checks) {
    const other = theirs.checks[id];
    if (!other) note("check only ours", id, check.severity);
    else if (check.blocking !== other.blocking) note("blocking", id, [check.blocking, other.blocking]);
  }
  for (const id of Object.keys(theirs.checks)) if (!checks.has(id)) note("check only theirs", id, true);
  return different;
}

function sorted(record: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(record ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

test("special: every difference is intended", () => {
  expect(compare("special", false)).toMatchInlineSnapshot(`
    {
      "check only ours": {
        "people/renamed:two_parents": "error",
        "silver/versioned_v1:unique_versioned_v1_id": "error",
        "silver/versioned_v2:unique_versioned_v2_id": "error",
        "silver/visible:two_parents": "error",
        "silver/visible:visible_is_visible": "error",
      },
      "check only theirs": {
        "versioned_v1:unique_versioned_v1_id": true,
        "versioned_v2:unique_versioned_v2_id": true,
      },
      "deps": {
        "silver/grouped": [
          [
            "silver/versioned_v1",
            "silver/versioned_v2",
          ],
          [
            "versioned_v1",
            "versioned_v2",
          ],
        ],
      },
      "group": {
        "bronze/countries": [
          "bronze",
          "default",
        ],
        "landing/people": [
          "raw",
          "default",
        ],
        "raw/orders": [
          "raw",
          "default",
        ],
        "silver/aliased": [
          "silver",
          "default",
        ],
        "silver/grouped": [
          "silver",
          "finance",
        ],
        "silver/visible": [
          "silver",
          "default",
        ],
        "silver/visible_history": [
          "silver",
          "default",
        ],
      },
      "only ours": {
        "dashboard/board": [
          "dashboard",
        ],
        "silver/versioned_v1": [
          "dbt",
          "duckdb",
        ],
        "silver/versioned_v2": [
          "dbt",
          "duckdb",
        ],
      },
      "only theirs": {
        "versioned_v1": true,
        "versioned_v2": true,
      },
      "owners": {
        "silver/visible": [
          [
            "visible@example.com",
          ],
          [],
        ],
      },
      "tags": {
        "silver/grouped": [
          {
            "not a tag!": "",
            "partitioned": "daily",
            "plain": "",
            "tier": "1",
          },
          {
            "plain": "",
          },
        ],
      },
    }
  `);
});

test("special with tests of sources as checks", () => {
  const { "check only ours": ours, "check only theirs": theirs, blocking } = compare("special", true);
  expect({ ours, theirs, blocking }).toMatchInlineSnapshot(`
    {
      "blocking": {
        "raw/orders:on_source": [
          false,
          true,
        ],
        "raw/orders:source_not_null_raw_orders_id": [
          false,
          true,
        ],
      },
      "ours": {
        "people/renamed:two_parents": "error",
        "silver/versioned_v1:unique_versioned_v1_id": "error",
        "silver/versioned_v2:unique_versioned_v2_id": "error",
        "silver/visible:two_parents": "error",
        "silver/visible:visible_is_visible": "error",
      },
      "theirs": {
        "versioned_v1:unique_versioned_v1_id": true,
        "versioned_v2:unique_versioned_v2_id": true,
      },
    }
  `);
});

test("example: every difference is intended", () => {
  expect(compare("example", false)).toMatchInlineSnapshot(`
    {
      "check only ours": {
        "gold/fct_orders:assert_every_order_has_a_customer": "warn",
        "silver/dim_customer:assert_every_order_has_a_customer": "warn",
        "silver/dim_customer:dim_customer_joins_the_country": "error",
      },
      "group": {
        "bronze/country_codes": [
          "bronze",
          "default",
        ],
        "bronze/stg_customers": [
          "bronze",
          "default",
        ],
        "bronze/stg_order_items": [
          "bronze",
          "default",
        ],
        "bronze/stg_orders": [
          "bronze",
          "default",
        ],
        "gold/fct_orders": [
          "gold",
          "default",
        ],
        "metrics/daily_revenue": [
          "metrics",
          "default",
        ],
        "raw/customers": [
          "raw",
          "default",
        ],
        "raw/order_items": [
          "raw",
          "default",
        ],
        "raw/orders": [
          "raw",
          "default",
        ],
        "silver/customers_history": [
          "silver",
          "default",
        ],
        "silver/dim_customer": [
          "silver",
          "customer_data",
        ],
      },
      "only ours": {
        "dashboard/revenue_dashboard": [
          "dashboard",
        ],
        "ml/churn_model": [
          "ml",
        ],
      },
      "owners": {
        "silver/dim_customer": [
          [
            "data-platform@example.com",
            "customers@example.com",
          ],
          [
            "customers@example.com",
          ],
        ],
      },
    }
  `);
});

test("generated: but for groups, tags and exposures all is the same", () => {
  const { "only ours": exposures, group, ...different } = compare("generated", false);
  expect(different).toEqual({});
  // The schema here, "default" there, for every node.
  expect(Object.keys(group ?? {})).toHaveLength(63);
  expect(Object.keys(exposures ?? {})).toEqual(["dashboard/dashboard_0"]);
});
