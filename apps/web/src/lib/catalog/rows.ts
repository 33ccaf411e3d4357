/** What stands in a row of the catalog, and in which order do the rows come? Pure. */
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { isExternal, type CatalogAsset } from "#lib/definitions.ts";
import { assetLook, type Look, type Tone } from "#lib/status/look.ts";

export interface CatalogRow {
  readonly asset: CatalogAsset;
  readonly state: AssetState | undefined;
  readonly look: Look;
  readonly external: boolean;
}

export const SORT_COLUMNS = ["status", "key", "group", "materialized", "rows", "checks", "partitions", "owner"] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];
export interface Sort {
  readonly column: SortColumn;
  readonly descending: boolean;
}
export const DEFAULT_SORT: Sort = { column: "key", descending: false };

export function buildRows(assets: readonly CatalogAsset[], stateOf: (key: string) => AssetState | undefined): CatalogRow[] {
  return assets.map((asset) => {
    const state = stateOf(asset.key);
    const external = isExternal(asset);
    return { asset, state, look: assetLook(state, external), external };
  });
}

/** What needs eyes first comes first. */
const TONE_ORDER: Readonly<Record<Tone, number>> = { bad: 0, late: 1, warn: 2, live: 3, waiting: 4, good: 5, stopped: 6, idle: 7 };

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
  status: (row) => TONE_ORDER[row.look.tone],
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

/** `materialized`, `-materialized`: as it stands in the address. */
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

/** The first press sorts the way one usually wants: newest and biggest first, names from A. */
export function nextSort(current: Sort, column: SortColumn): Sort {
  if (current.column === column) return { column, descending: !current.descending };
  return { column, descending: column === "materialized" || column === "rows" || column === "checks" };
}
