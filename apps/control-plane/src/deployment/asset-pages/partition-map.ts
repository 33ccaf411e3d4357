/**
 * An overview of an asset's partitions: the requested number of buckets, each with its counts. With several dimensions there is one row for
 * each key of the dimensions other than time. The code works on ranges, so a million partitions are never listed.
 */
import type { AnswerOf, InputOf } from "@headgate/shared/contract/table.ts";
import type { PartitionBucket, PartitionCounts, PartitionMapView } from "@headgate/shared/contract/assets/partitions.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { findDimension } from "@headgate/shared/domain/partitions/dimension.ts";
import { resolvePartitions } from "@headgate/shared/domain/partitions/named.ts";
import {
  type Dimension,
  DIMENSION_SEPARATOR,
  type PartitionSet,
  RANGE_SEPARATOR,
} from "@headgate/shared/domain/partitions/partition-set.ts";
import { countOf, intersection, type PartitionSubset, rangesOf } from "@headgate/shared/domain/partitions/subset.ts";
import { type PartitionStates, partitionStates } from "../partitions/partition-states.ts";
import { openAssetPartitions } from "./asset-partitions.ts";
import type { Reader } from "../kernel/reader.ts";

const MAX_ROWS = 100;
const STATES = ["materialized", "failed", "inProgress", "missing"] as const;

/** The dimension that is cut into buckets, and its position in the partition numbers. A set with one dimension is a single row. */
interface Axis {
  readonly set: PartitionSet;
  /** The number of key combinations of the dimensions before it (`outer`) and after it (`inner`). */
  readonly outer: number;
  readonly inner: number;
  readonly before: readonly Dimension[];
  readonly after: readonly Dimension[];
}

export function partitionMap(reader: Reader, input: InputOf<"partitions.map">): Result<AnswerOf<"partitions.map">> {
  const opened = openAssetPartitions(reader, input.key);
  if (!opened.ok) return opened;
  const set = opened.value;
  const states = partitionStates(reader.db, input.key, set);
  const axis = axisOf(set);
  const shown = shownPart(axis.set, { ...input, now: reader.now });
  if (!shown.ok) return shown;
  const [from = 0, to = 0] = shown.value;
  const rowCount = axis.outer * axis.inner;
  const rows: PartitionMapView["rows"][number][] = [];
  for (let row = 0; row < Math.min(rowCount, MAX_ROWS); row++)
    rows.push({
      key: set.dimensions ? rowKey(axis, row) : null,
      buckets: bucketsOf(axis, { states, row, from, to, buckets: input.buckets }),
    });
  return ok({
    definition: set.definition,
    counts: countsOf(set.count, states),
    rows,
    first: axis.set.keyAt(from),
    last: to > from ? axis.set.keyAt(to - 1) : null,
    moreRows: Math.max(0, rowCount - MAX_ROWS),
  });
}

/** The time dimension, or the last dimension if there is none. */
function axisOf(set: PartitionSet): Axis {
  const { dimensions } = set;
  const along = dimensions?.find((dimension) => dimension.set.time !== null) ?? dimensions?.at(-1);
  const place = along && findDimension(set, along.name);
  if (!dimensions || !place || !along) return { set, outer: 1, inner: 1, before: [], after: [] };
  const at = dimensions.indexOf(along);
  return { set: along.set, outer: place.outer, inner: place.inner, before: dimensions.slice(0, at), after: dimensions.slice(at + 1) };
}

function shownPart(
  set: PartitionSet,
  { first, last, now }: { readonly first?: string | undefined; readonly last?: string | undefined; readonly now: number },
): Result<readonly number[]> {
  if (first === undefined && last === undefined) return ok([0, set.count]);
  return resolvePartitions(set, `${first ?? set.keyAt(0) ?? ""}${RANGE_SEPARATOR}${last ?? set.keyAt(set.count - 1) ?? ""}`, now);
}

/** The keys of the other dimensions. */
function rowKey({ before, after, inner }: Axis, row: number): string {
  const keys: string[] = [];
  const push = (dimensions: readonly Dimension[], number: number) => {
    let rest = number;
    const own: string[] = [];
    for (const { set } of dimensions.toReversed()) {
      own.unshift(set.keyAt(rest % set.count) ?? "");
      rest = Math.floor(rest / set.count);
    }
    keys.push(...own);
  };
  push(before, Math.floor(row / inner));
  push(after, row % inner);
  return keys.join(DIMENSION_SEPARATOR);
}

function bucketsOf(
  axis: Axis,
  part: { readonly states: PartitionStates; readonly row: number; readonly from: number; readonly to: number; readonly buckets: number },
): PartitionBucket[] {
  const { from, to } = part;
  const size = to - from;
  const count = Math.min(part.buckets, size);
  const edge = (bucket: number) => from + Math.floor((bucket * size) / count);
  const tallies = STATES.map((state) => ({
    state,
    counts: tally(alongRow(axis, part.states[state], part.row), { from, to, count, edge }),
  }));
  return Array.from({ length: count }, (_, bucket): PartitionBucket => {
    const [start, end] = [edge(bucket), edge(bucket + 1)];
    const counts = Object.fromEntries(tallies.map(({ state, counts: ofState }) => [state, ofState[bucket] ?? 0])) as Record<
      (typeof STATES)[number],
      number
    >;
    return {
      first: axis.set.keyAt(start) ?? "",
      last: axis.set.keyAt(end - 1) ?? "",
      start: axis.set.time?.windowAt(start)?.start ?? null,
      end: axis.set.time?.windowAt(end - 1)?.end ?? null,
      total: end - start,
      ...counts,
    };
  });
}

/** The part of a subset in one row, as positions along the axis. */
function alongRow({ set, inner }: Axis, subset: PartitionSubset, row: number): PartitionSubset {
  const block = Math.floor(row / inner) * set.count * inner;
  const place = row % inner;
  const numbers: number[] = [];
  for (const { from, to } of rangesOf(intersection(subset, [block, block + set.count * inner]))) {
    const first = Math.ceil((from - block - place) / inner);
    const end = Math.ceil((to - block - place) / inner);
    if (end <= first) continue;
    if (numbers.at(-1) === first) numbers[numbers.length - 1] = end;
    else numbers.push(first, end);
  }
  return numbers;
}

/** Counts the partitions of a subset in each bucket. */
function tally(
  subset: PartitionSubset,
  {
    from,
    to,
    count,
    edge,
  }: { readonly from: number; readonly to: number; readonly count: number; readonly edge: (bucket: number) => number },
): number[] {
  const counts = Array.from({ length: count }, () => 0);
  let bucket = 0;
  for (const range of rangesOf(intersection(subset, [from, to]))) {
    while (edge(bucket + 1) <= range.from) bucket++;
    for (let at = bucket; at < count && edge(at) < range.to; at++)
      counts[at] = (counts[at] ?? 0) + Math.min(range.to, edge(at + 1)) - Math.max(range.from, edge(at));
  }
  return counts;
}

function countsOf(total: number, states: PartitionStates): PartitionCounts {
  return {
    total,
    materialized: countOf(states.materialized),
    failed: countOf(states.failed),
    inProgress: countOf(states.inProgress),
    missing: countOf(states.missing),
  };
}
