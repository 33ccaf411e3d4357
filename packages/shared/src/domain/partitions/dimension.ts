/** Relates the partitions of one dimension to those of the whole, by arithmetic on ranges; nothing is listed. */
import type { Dimension, PartitionSet } from "./partition-set.ts";
import { rangesOf, unionOf, type PartitionSubset } from "./subset.ts";

interface Place {
  readonly dimension: Dimension;
  /** Combinations of the dimensions before and after it. */
  readonly outer: number;
  readonly inner: number;
}

export function findDimension(set: PartitionSet, name: string): Place | null {
  const dimensions = set.dimensions ?? [];
  const at = dimensions.findIndex((dimension) => dimension.name === name);
  const dimension = dimensions[at];
  if (!dimension) return null;
  const product = (part: readonly Dimension[]) => part.reduce((total, { set: own }) => total * own.count, 1);
  return { dimension, outer: product(dimensions.slice(0, at)), inner: product(dimensions.slice(at + 1)) };
}

/** Everything that has one of these partitions in the dimension. */
export function expandDimension({ dimension, outer, inner }: Place, part: PartitionSubset): PartitionSubset {
  const size = dimension.set.count;
  const numbers: number[] = [];
  for (let turn = 0; turn < outer; turn++) {
    for (const { from, to } of rangesOf(part)) {
      const start = (turn * size + from) * inner;
      if (numbers.at(-1) === start) numbers.pop();
      else numbers.push(start);
      numbers.push((turn * size + to) * inner);
    }
  }
  return numbers;
}

/** The partitions of the dimension that occur. */
export function projectDimension({ dimension, inner }: Place, whole: PartitionSubset): PartitionSubset {
  const size = dimension.set.count;
  const all: PartitionSubset = size > 0 ? [0, size] : [];
  const found: PartitionSubset[] = [];
  for (const { from, to } of rangesOf(whole)) {
    const first = Math.floor(from / inner);
    const last = Math.floor((to - 1) / inner);
    if (last - first + 1 >= size) return all;
    const start = first % size;
    const end = last % size;
    found.push(start <= end ? [start, end + 1] : [0, end + 1, start, size]);
  }
  return unionOf(found);
}
