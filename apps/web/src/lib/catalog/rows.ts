/** Rows of the catalog and their sort order. Pure. */
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { isExternal, type CatalogAsset } from "#lib/deployment/definitions.ts";
import { assetStyle, type StatusStyle } from "#lib/status/status-style.ts";
import { TONE_ORDER } from "#lib/status/tone-colors.ts";

export interface CatalogRow {
  readonly asset: CatalogAsset;
  readonly state: AssetState | undefined;
  readonly style: StatusStyle;
  readonly external: boolean;
}

export const SORT_COLUMNS = ["status", "key", "group", "materialized", "rows", "checks", "partitions", "owner"] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];
export interface Sort {
  readonly column: SortColumn;
  readonly descending: boolean;
}
export const DEFAULT_SORT: Sort = { column: "key", descending: false };

export function buildRows(
  assets: readonly CatalogAsset[],
  stateOf: (key: string) => AssetState | undefined,
  isStale: (key: string) => boolean = () => false,
): CatalogRow[] {
  return assets.map((asset) => {
    const state = stateOf(asset.key);
    const external = isExternal(asset);
    return { asset, state, style: assetStyle(state, external, isStale(asset.key)), external };
  });
}

export function sortRows(rows: readonly CatalogRow[], sort: Sort): CatalogRow[] {
  const valueOf = SORT_VALUES[sort.column];
  const keyed = rows.map((row) => ({ row, value: valueOf(row) }));
  keyed.sort((a, b) => {
    // Rows without a value stay last in both directions.
    if (a.value === null || b.value === null)
      return a.value === b.value ? compare(a.row.asset.key, b.row.asset.key) : a.value === null ? 1 : -1;
    const order = compare(a.value, b.value);
    return (sort.descending ? -order : order) || compare(a.row.asset.key, b.row.asset.key);
  });
  return keyed.map(({ row }) => row);
}

const SORT_VALUES: Readonly<Record<SortColumn, (row: CatalogRow) => string | number | null>> = {
  status: (row) => TONE_ORDER[row.style.tone],
  key: (row) => row.asset.key,
  group: (row) => row.asset.group,
  materialized: (row) => row.state?.materialized?.at ?? null,
  rows: (row) => row.state?.materialized?.rowCount ?? null,
  checks: (row) => (row.asset.checks.length === 0 ? null : (row.state?.checks.failed ?? 0) * 1000 + (row.state?.checks.warned ?? 0)),
  partitions: (row) => (row.state?.partitions ? row.state.partitions.materialized / Math.max(1, row.state.partitions.total) : null),
  owner: (row) => row.asset.owners[0] ?? null,
};

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As in the URL: `materialized`, `-materialized`. */
export function parseSort(text: string | null): Sort {
  const descending = text?.startsWith("-") ?? false;
  const name = descending ? text?.slice(1) : text;
  const column = SORT_COLUMNS.find((entry) => entry === name);
  return column ? { column, descending } : DEFAULT_SORT;
}

export function printSort(sort: Sort): string | null {
  if (sort.column === DEFAULT_SORT.column && sort.descending === DEFAULT_SORT.descending) return null;
  return `${sort.descending ? "-" : ""}${sort.column}`;
}

/** The first click sorts dates and numbers descending, names ascending. */
export function nextSort(current: Sort, column: SortColumn): Sort {
  if (current.column === column) return { column, descending: !current.descending };
  return { column, descending: column === "materialized" || column === "rows" || column === "checks" };
}
