/**
 * Stores subsets of partitions. Numbers change when a definition's start or a key list changes, so time windows are stored by the starts of
 * their first and last window in minutes, the rest by keys, and what a later definition no longer has is dropped when reading.
 */
import { assertNever } from "../assert.ts";
import type { PartitionSet } from "./partition-set.ts";
import { numbersOf, rangesOf, subsetOf, unionOf, type PartitionSubset } from "./subset.ts";

/** `t`: minutes from the previous entry to the first start, and on to the last start of a range. `k`: keys. `m`: keys of the first dimension with those of the others. */
export type StoredSubset =
  | { readonly t: readonly number[] }
  | { readonly k: readonly string[] }
  | { readonly m: readonly (readonly [StoredSubset, StoredSubset])[] };

const MINUTE_MS = 60_000;

export function storeSubset(set: PartitionSet, subset: PartitionSubset): StoredSubset {
  if (set.time) return { t: storeTimes(set.time, subset) };
  if (set.dimensions) return { m: storeMulti(set, subset) };
  return { k: [...numbersOf(subset)].flatMap((number) => set.keyAt(number) ?? []) };
}

export function readSubset(set: PartitionSet, stored: StoredSubset): PartitionSubset {
  if ("t" in stored) return set.time ? readTimes(set.time, stored.t, set.count) : [];
  if ("k" in stored) return subsetOf(stored.k.map((key) => set.numberOf(key)).filter((number) => number >= 0));
  if ("m" in stored) return readMulti(set, stored.m);
  return assertNever(stored);
}

function storeTimes(time: NonNullable<PartitionSet["time"]>, subset: PartitionSubset): number[] {
  const stored: number[] = [];
  let previous = 0;
  for (const { from, to } of rangesOf(subset)) {
    const first = time.ticks.tickAt(from);
    const last = time.ticks.tickAt(to - 1);
    if (first === null || last === null) continue;
    const start = Math.round(first / MINUTE_MS);
    const end = Math.round(last / MINUTE_MS);
    // Distances are shorter than times.
    stored.push(start - previous, end - start);
    previous = end;
  }
  return stored;
}

function readTimes(time: NonNullable<PartitionSet["time"]>, stored: readonly number[], count: number): PartitionSubset {
  const ranges: number[] = [];
  let previous = 0;
  for (let i = 0; i + 1 < stored.length; i += 2) {
    const start = previous + (stored[i] ?? 0);
    previous = start + (stored[i + 1] ?? 0);
    const from = time.ticks.countBefore(start * MINUTE_MS);
    const to = Math.min(count, time.ticks.countBefore(previous * MINUTE_MS + 1));
    if (to <= from) continue;
    if (ranges.at(-1) === from) ranges[ranges.length - 1] = to;
    else ranges.push(from, to);
  }
  return ranges;
}

/** Keys of the first dimension that have the same partitions in the others share an entry. */
function storeMulti(set: PartitionSet, subset: PartitionSubset): [StoredSubset, StoredSubset][] {
  const [first] = set.dimensions ?? [];
  const rest = restOf(set);
  if (!first || rest.count === 0) return [];
  const rangesOfRow = new Map<number, number[]>();
  for (const { from, to } of rangesOf(subset)) {
    for (let at = from; at < to;) {
      const row = Math.floor(at / rest.count);
      const until = Math.min(to, (row + 1) * rest.count);
      const ranges = rangesOfRow.get(row) ?? [];
      ranges.push(at - row * rest.count, until - row * rest.count);
      rangesOfRow.set(row, ranges);
      at = until;
    }
  }
  const alike = new Map<string, { rows: number[]; ranges: readonly number[] }>();
  for (const [row, ranges] of rangesOfRow) {
    const id = ranges.join();
    const group = alike.get(id) ?? { rows: [], ranges };
    group.rows.push(row);
    alike.set(id, group);
  }
  return [...alike.values()].map(({ rows, ranges }) => [storeSubset(first.set, subsetOf(rows)), storeSubset(rest, ranges)]);
}

function readMulti(set: PartitionSet, stored: readonly (readonly [StoredSubset, StoredSubset])[]): PartitionSubset {
  const [first] = set.dimensions ?? [];
  const rest = restOf(set);
  if (!first) return [];
  const subsets: PartitionSubset[] = [];
  for (const [rows, inner] of stored) {
    const ranges = readSubset(rest, inner);
    const numbers: number[] = [];
    for (const row of numbersOf(readSubset(first.set, rows))) {
      for (const number of ranges) {
        const at = row * rest.count + number;
        if (numbers.at(-1) === at) numbers.pop();
        else numbers.push(at);
      }
    }
    subsets.push(numbers);
  }
  return unionOf(subsets);
}

/** The set of all dimensions but the first: the last one itself, or again a multi-dimensional one. */
function restOf(set: PartitionSet): PartitionSet {
  const [, second, ...more] = set.dimensions ?? [];
  if (!second) return set;
  if (more.length === 0) return second.set;
  const dimensions = [second, ...more];
  const sizes = dimensions.map((dimension) => dimension.set.count);
  return { ...set, dimensions, count: sizes.reduce((product, size) => product * size, 1) };
}
