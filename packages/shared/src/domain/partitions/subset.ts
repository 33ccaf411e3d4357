/**
 * A subset of the partitions of a set: sorted, disjoint, non-touching half-open ranges of partition numbers in one flat array
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

/** The union of many subsets in the time of sorting them: one union after the other would read the same ranges again and again. */
export function unionOf(subsets: Iterable<PartitionSubset>): PartitionSubset {
  const [first = EMPTY_SUBSET, second, ...more] = [...subsets].filter((subset) => subset.length > 0);
  if (!second) return first;
  if (more.length === 0) return union(first, second);
  const ranges = [first, second, ...more].flatMap(rangesOf).sort((a, b) => a.from - b.from);
  const result: number[] = [];
  for (const { from, to } of ranges) {
    const last = result.at(-1) ?? -Infinity;
    if (from > last) result.push(from, to);
    else if (to > last) result[result.length - 1] = to;
  }
  return result;
}

/** The same subsets, each partition only in the first that has it. In the time of sorting their ends. */
export function firstOfEach(subsets: readonly PartitionSubset[]): PartitionSubset[] {
  const cuts = [...new Set(subsets.flat())].sort((a, b) => a - b);
  const positionOf = new Map(cuts.map((cut, position) => [cut, position]));
  const owner = new Int32Array(cuts.length).fill(-1);
  /** The next piece between two cuts that is still free; chains are shortened while they are followed. */
  const free = Int32Array.from(cuts, (_, position) => position);
  const nextFree = (position: number) => {
    let end = position;
    while (end < cuts.length && free[end] !== end) end = free[end] ?? cuts.length;
    for (let at = position; at < end;) {
      const next = free[at] ?? end;
      free[at] = end;
      at = next;
    }
    return end;
  };
  for (const [index, subset] of subsets.entries()) {
    for (const { from, to } of rangesOf(subset)) {
      const end = positionOf.get(to) ?? 0;
      for (let at = nextFree(positionOf.get(from) ?? 0); at < end; at = nextFree(at + 1)) {
        owner[at] = index;
        free[at] = at + 1;
      }
    }
  }
  const results: number[][] = subsets.map(() => []);
  for (const [position, index] of owner.entries()) {
    const result = results[index];
    if (!result) continue;
    const [from, to] = [cuts[position] ?? 0, cuts[position + 1] ?? 0];
    if (result.at(-1) === from) result[result.length - 1] = to;
    else result.push(from, to);
  }
  return results;
}

export function intersection(a: PartitionSubset, b: PartitionSubset): PartitionSubset {
  const [small, large] = a.length <= b.length ? [a, b] : [b, a];
  return merge(small, around(large, small), (inSmall, inLarge) => inSmall && inLarge);
}

export function difference(a: PartitionSubset, b: PartitionSubset): PartitionSubset {
  return merge(a, around(b, a), (inA, inB) => inA && !inB);
}

/** The ranges of a subset that lie where the other one does: a few partitions are compared with many thousand ranges in no time. */
function around(subset: PartitionSubset, other: PartitionSubset): PartitionSubset {
  const [from = 0, to = 0] = [other[0], other.at(-1)];
  if ((subset[0] ?? 0) >= from && (subset.at(-1) ?? 0) <= to) return subset;
  const first = rangesBefore(subset, from);
  let last = first;
  for (let step = 1; last * 2 < subset.length && start(subset, last * 2) < to; step *= 2) last += step;
  return subset.slice(first * 2, Math.min(subset.length, last * 2));
}

/** How many ranges end at or before a partition. */
function rangesBefore(subset: PartitionSubset, number: number): number {
  let [low, high] = [0, subset.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (end(subset, middle * 2) <= number) low = middle + 1;
    else high = middle;
  }
  return low;
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
