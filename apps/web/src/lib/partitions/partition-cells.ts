/**
 * Where does each piece of a partitioned asset stand in its picture, and what does a selection of pieces mean? Days as a calendar, two
 * dimensions as a grid, everything else in lines. Pure.
 */
import type { PartitionBucket, PartitionCounts, PartitionMapView } from "@headgate/shared/contract/assets/partitions.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { DIMENSION_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";
import { layOutCalendar, type Calendar } from "#lib/asset/calendar.ts";
import type { Tone } from "#lib/status/look.ts";

export interface Place {
  readonly row: number;
  readonly column: number;
}
/** Two corners; what lies between them is selected. */
export interface CellRange {
  readonly from: Place;
  readonly to: Place;
}
export type CellLayout =
  | { readonly kind: "calendar"; readonly calendar: Calendar<{ readonly key: string; readonly index: number }> }
  | { readonly kind: "grid" }
  | { readonly kind: "lines" };

export function layoutOf(view: PartitionMapView): CellLayout {
  if (view.definition.type === "multi") return { kind: "grid" };
  const buckets = view.rows[0]?.buckets ?? [];
  const daily = view.definition.type === "time" && view.definition.cadence === "daily" && buckets.every((bucket) => bucket.total === 1);
  const calendar = daily ? layOutCalendar(buckets.map((bucket, index) => ({ key: bucket.first, index }))) : null;
  return calendar ? { kind: "calendar", calendar } : { kind: "lines" };
}

/** Which state says most about a piece: what is wrong before what goes on before what is missing. */
export function bucketLook(bucket: PartitionCounts): { readonly tone: Tone; readonly word: string } {
  if (bucket.failed > 0) return { tone: "bad", word: bucket.total === 1 ? "Failed" : `${bucket.failed} failed` };
  if (bucket.inProgress > 0) return { tone: "live", word: bucket.total === 1 ? "In progress" : `${bucket.inProgress} in progress` };
  if (bucket.missing > 0) return { tone: "idle", word: bucket.total === 1 ? "Missing" : `${bucket.missing} missing` };
  return { tone: "good", word: "Materialized" };
}

export function bucketLabel(bucket: PartitionBucket, row: string | null): string {
  const keys = bucket.first === bucket.last ? bucket.first : `${bucket.first} to ${bucket.last}, ${bucket.total} partitions`;
  const counts = bucket.total > 1 && bucket.materialized > 0 ? `, ${bucket.materialized} materialized` : "";
  return `${row === null ? "" : `${row}, `}${keys}: ${bucketLook(bucket).word}${counts}`;
}

/** Where an arrow key leads; `perLine`: how many pieces stand in a line, `1` where a column is a week. */
export function nextPlace(
  key: string,
  place: Place,
  size: { readonly layout: CellLayout["kind"]; readonly rows: number; readonly columns: number; readonly perLine: number },
): Place | null {
  const along = size.layout === "calendar" ? { ArrowDown: 1, ArrowUp: -1, ArrowRight: 7, ArrowLeft: -7 } : { ArrowRight: 1, ArrowLeft: -1 };
  const across = size.layout === "grid" ? { ArrowDown: 1, ArrowUp: -1 } : {};
  const lines = size.layout === "lines" ? { ArrowDown: size.perLine, ArrowUp: -size.perLine } : {};
  const columns: Readonly<Record<string, number>> = { ...along, ...lines, Home: -size.columns, End: size.columns };
  const rows: Readonly<Record<string, number>> = across;
  if (columns[key] === undefined && rows[key] === undefined) return null;
  return {
    row: clamp(place.row + (rows[key] ?? 0), size.rows),
    column: clamp(place.column + (columns[key] ?? 0), size.columns),
  };
}

function clamp(value: number, size: number): number {
  return Math.max(0, Math.min(size - 1, value));
}

/** With the smaller corner first. */
export function normalRange({ from, to }: CellRange): CellRange {
  return {
    from: { row: Math.min(from.row, to.row), column: Math.min(from.column, to.column) },
    to: { row: Math.max(from.row, to.row), column: Math.max(from.column, to.column) },
  };
}

export function isInside(range: CellRange | null, place: Place): boolean {
  if (range === null) return false;
  const { from, to } = normalRange(range);
  return place.row >= from.row && place.row <= to.row && place.column >= from.column && place.column <= to.column;
}

export function countsIn(view: PartitionMapView, range: CellRange): PartitionCounts {
  const { from, to } = normalRange(range);
  const sum = { total: 0, materialized: 0, failed: 0, inProgress: 0, missing: 0 };
  for (const row of view.rows.slice(from.row, to.row + 1)) {
    for (const bucket of row.buckets.slice(from.column, to.column + 1)) {
      sum.total += bucket.total;
      sum.materialized += bucket.materialized;
      sum.failed += bucket.failed;
      sum.inProgress += bucket.inProgress;
      sum.missing += bucket.missing;
    }
  }
  return sum;
}

/** First and last key along the columns, and the keys of the rows. */
export interface SelectedKeys {
  readonly first: string;
  readonly last: string;
  readonly rows: readonly string[];
}

export function keysIn(view: PartitionMapView, range: CellRange): SelectedKeys | null {
  const { from, to } = normalRange(range);
  const row = view.rows[from.row];
  const [first, last] = [row?.buckets[from.column], row?.buckets[to.column]];
  if (!first || !last) return null;
  return {
    first: first.first,
    last: last.last,
    rows: view.rows.slice(from.row, to.row + 1).flatMap(({ key }) => (key === null ? [] : [key])),
  };
}

/** The place of a selection that stands in the address; null when this zoom has no such edges. */
export function rangeOf(view: PartitionMapView, keys: SelectedKeys): CellRange | null {
  const buckets = view.rows[0]?.buckets ?? [];
  const from = buckets.findIndex((bucket) => bucket.first === keys.first);
  const to = buckets.findIndex((bucket) => bucket.last === keys.last);
  const rows = keys.rows.map((key) => view.rows.findIndex((row) => row.key === key));
  if (from < 0 || to < 0 || rows.includes(-1)) return null;
  return { from: { row: rows[0] ?? 0, column: from }, to: { row: rows.at(-1) ?? 0, column: to } };
}

/** Keys of combinations, in the order of the dimensions' names; null when a piece holds several partitions: zoom in first. */
export function keysOfRectangle(definition: PartitionsDefinition, view: PartitionMapView, range: CellRange): string[] | null {
  if (definition.type !== "multi") return null;
  const dimensions = definition.dimensions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  // Along the columns runs the time, or where there is none the last dimension; the rows are the others.
  const time = dimensions.findIndex(({ partitions }) => partitions.type === "time");
  const at = time < 0 ? dimensions.length - 1 : time;
  const { from, to } = normalRange(range);
  const keys: string[] = [];
  for (const row of view.rows.slice(from.row, to.row + 1)) {
    const others = row.key?.split(DIMENSION_SEPARATOR) ?? [];
    for (const bucket of row.buckets.slice(from.column, to.column + 1)) {
      if (bucket.total !== 1) return null;
      keys.push(others.toSpliced(at, 0, bucket.first).join(DIMENSION_SEPARATOR));
    }
  }
  return keys;
}
