/**
 * Which partitions of a set are meant? Sorted, disjoint, non-touching half-open ranges of partition numbers in one flat array
 * (`[from, to, from, to, …]`), so that ten thousand materialized hours are two numbers. All operations are linear in the ranges.
 */
export type PartitionSubset = readonly number[];

export const EMPTY_SUBSET: PartitionSubset = [];

/** Partitions `from <= number < to`. */
export function rangeSubset(from: number, to: number): PartitionSubset {
  return to > from ? [from, to] : EMPTY_SUBSET;
}

export function subsetOf(numbers: Iterable<number>): PartitionSubset {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const ranges: number[] = [];
  for (const number of sorted) {
    if (ranges.at(-1) === number) ranges[ranges.length - 1] = number + 1;
    else ranges.push(number, number + 1);
  }
  return ranges;
}

export function countOf(subset: PartitionSubset): number {
  let count = 0;
  for (let i = 0; i < subset.length; i += 2) count += end(subset, i) - start(subset, i);
  return count;
}

export function includes(subset: PartitionSubset, number: number): boolean {
  let low = 0;
  let high = subset.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (number < start(subset, middle * 2)) high = middle - 1;
    else if (number >= end(subset, middle * 2)) low = middle + 1;
    else return true;
  }
  return false;
}

export function* numbersOf(subset: PartitionSubset): Generator<number, void> {
  for (let i = 0; i < subset.length; i += 2) for (let number = start(subset, i); number < end(subset, i); number++) yield number;
}

export function rangesOf(subset: PartitionSubset): { readonly from: number; readonly to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (let i = 0; i < subset.length; i += 2) ranges.push({ from: start(subset, i), to: end(subset, i) });
  return ranges;
}

export function union(a: PartitionSubset, b: PartitionSubset): PartitionSubset {
  return merge(a, b, (inA, inB) => inA || inB);
}

export function intersection(a: PartitionSubset, b: PartitionSubset): PartitionSubset {
  return merge(a, b, (inA, inB) => inA && inB);
}

export function difference(a: PartitionSubset, b: PartitionSubset): PartitionSubset {
  return merge(a, b, (inA, inB) => inA && !inB);
}

/** Adds one partition; the usual case, the newest one, touches only the last range. */
export function withPartition(subset: PartitionSubset, number: number): PartitionSubset {
  if (includes(subset, number)) return subset;
  if (subset.at(-1) === number) return [...subset.slice(0, -1), number + 1];
  return union(subset, [number, number + 1]);
}

/** Sweeps over the ends of both in order; `keep` says what belongs to the result. */
function merge(a: PartitionSubset, b: PartitionSubset, keep: (inA: boolean, inB: boolean) => boolean): PartitionSubset {
  const result: number[] = [];
  let i = 0;
  let j = 0;
  let open = false;
  while (i < a.length || j < b.length) {
    const at = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    if (a[i] === at) i++;
    if (b[j] === at) j++;
    const now = keep(i % 2 === 1, j % 2 === 1);
    if (now === open) continue;
    open = now;
    result.push(at);
  }
  return result;
}

function start(subset: PartitionSubset, index: number): number {
  return subset[index] ?? 0;
}

function end(subset: PartitionSubset, index: number): number {
  return subset[index + 1] ?? 0;
}
