/**
 * Keeps the plan of a backfill and finds the runs that may start now. Runs are numbered in their order; what each waits for are ranges of
 * numbers, and so is what became of them: ten thousand runs of which the first half is done are two numbers. Every run stands behind those it
 * waits for, so one pass over the plan answers everything.
 */
import { includes, type PartitionSubset, subsetOf, union } from "../partitions/subset.ts";
import type { BackfillRun } from "./backfill.ts";

export interface BackfillSlice {
  /** Number of its group. */
  readonly group: number;
  readonly partition: string | null;
  readonly partitions: number;
  /** Numbers of slices that must have succeeded before. */
  readonly after: PartitionSubset;
}

export interface BackfillSlices {
  /** The assets that runs have together. */
  readonly groups: readonly (readonly string[])[];
  readonly slices: readonly BackfillSlice[];
}

/** Ranges of slice numbers; whatever is in none of them waits. */
export interface SliceStates {
  readonly active: PartitionSubset;
  readonly succeeded: PartitionSubset;
  readonly failed: PartitionSubset;
  readonly canceled: PartitionSubset;
}

export function numberSlices(runs: readonly BackfillRun[]): BackfillSlices {
  const numberOf = new Map(runs.map(({ id }, number) => [id, number]));
  const groups: (readonly string[])[] = [];
  const groupOf = new Map<readonly string[], number>();
  const slices = runs.map(({ assets, partition, partitions, after }): BackfillSlice => {
    // Runs of one group share the list itself.
    const group = groupOf.get(assets) ?? groups.push(assets) - 1;
    groupOf.set(assets, group);
    return { group, partition, partitions, after: subsetOf(after.map((id) => numberOf.get(id) ?? 0)) };
  });
  return { groups, slices };
}

const SLICES_PER_CHUNK = 500;
const CHARACTERS_PER_CHUNK = 500_000;
type StoredSlice = readonly [group: number, partition: string | null, partitions: number, ...after: number[]];

/** The groups, then the slices some hundred at a time, so that no text grows with the backfill. */
export function writeSlices({ groups, slices }: BackfillSlices): string[] {
  const chunks = [JSON.stringify(groups)];
  let entries: string[] = [];
  let length = 0;
  for (const { group, partition, partitions, after } of slices) {
    const text = JSON.stringify([group, partition, partitions, ...after] satisfies StoredSlice);
    if (entries.length === SLICES_PER_CHUNK || (entries.length > 0 && length + text.length > CHARACTERS_PER_CHUNK)) {
      chunks.push(`[${entries.join()}]`);
      entries = [];
      length = 0;
    }
    entries.push(text);
    length += text.length;
  }
  if (entries.length > 0) chunks.push(`[${entries.join()}]`);
  return chunks;
}

export function readSlices([groups = "[]", ...chunks]: readonly string[]): BackfillSlices {
  const slices = chunks.flatMap((chunk) =>
    (JSON.parse(chunk) as StoredSlice[]).map(([group, partition, partitions, ...after]) => ({ group, partition, partitions, after })),
  );
  return { groups: JSON.parse(groups) as string[][], slices };
}

/** Everything that cannot succeed any more: what failed or was canceled, and what waits for it. */
export function lostSlices({ slices }: BackfillSlices, { failed, canceled, succeeded, active }: SliceStates): PartitionSubset {
  const ended = union(failed, canceled);
  const [first] = ended;
  if (first === undefined) return [];
  const lost: number[] = [];
  let range = 0;
  for (let number = first; number < slices.length; number++) {
    while (number >= (ended[range + 1] ?? Infinity)) range += 2;
    if (number < (ended[range] ?? Infinity)) {
      const after = slices[number]?.after ?? [];
      if (after.length === 0 || !touches(lost, after) || includes(succeeded, number) || includes(active, number)) continue;
    }
    if (lost.at(-1) === number) lost[lost.length - 1] = number + 1;
    else lost.push(number, number + 1);
  }
  return lost;
}

/** Where in the subset is its first range that ends behind this number? Asked for every slice, so nothing is made for the answer. */
function rangeBehind(subset: PartitionSubset, number: number): number {
  let [low, high] = [0, subset.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((subset[middle * 2 + 1] ?? 0) <= number) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

function touches(subset: PartitionSubset, ranges: PartitionSubset): boolean {
  for (let at = 0; at < ranges.length; at += 2)
    if ((subset[rangeBehind(subset, ranges[at] ?? 0)] ?? Infinity) < (ranges[at + 1] ?? 0)) return true;
  return false;
}

function covers(subset: PartitionSubset, ranges: PartitionSubset): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    const found = rangeBehind(subset, ranges[at] ?? 0);
    if ((subset[found] ?? Infinity) > (ranges[at] ?? 0) || (subset[found + 1] ?? 0) < (ranges[at + 1] ?? 0)) return false;
  }
  return true;
}

/** The first slices that may start. `lost` is what `lostSlices` says. */
export function nextSlices({ slices }: BackfillSlices, states: SliceStates & { readonly lost: PartitionSubset }, limit: number): number[] {
  const next: number[] = [];
  const taken = union(union(states.succeeded, states.active), states.lost);
  let range = 0;
  for (let number = 0; number < slices.length && next.length < limit; number++) {
    while (range < taken.length && number >= (taken[range + 1] ?? 0)) range += 2;
    if (number >= (taken[range] ?? Infinity)) {
      // Over everything that is not waiting at once.
      number = (taken[range + 1] ?? slices.length) - 1;
      continue;
    }
    if (covers(states.succeeded, slices[number]?.after ?? [])) next.push(number);
  }
  return next;
}
