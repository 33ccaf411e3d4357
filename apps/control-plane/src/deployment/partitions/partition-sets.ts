/**
 * Converts between stored subsets and partitions of the current definition. Keys of a dynamic set are stored as ranges of their permanent
 * numbers: a hundred thousand keys need a few characters, and a removed key stays absent even if it is added again.
 */
import type { PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { type PartitionSubset, rangesOf } from "@headgate/shared/domain/partitions/subset.ts";
import { readSubset, type StoredSubset, storeSubset } from "@headgate/shared/domain/partitions/subset-json.ts";
import { lastingNumbers } from "./partition-context.ts";

/** `d`: half-open ranges of permanent numbers. */
type Stored = StoredSubset | { readonly d: readonly number[] };

export function parseSubset(set: PartitionSet, text: string | undefined): PartitionSubset {
  if (text === undefined || text === "") return [];
  const stored = JSON.parse(text) as Stored;
  if (!("d" in stored)) return readSubset(set, stored);
  const numbers = lastingNumbers(set);
  return numbers ? positions(numbers, stored.d) : [];
}

export function subsetText(set: PartitionSet, subset: PartitionSubset): string {
  const numbers = lastingNumbers(set);
  if (!numbers) return JSON.stringify(storeSubset(set, subset) satisfies Stored);
  const d = rangesOf(subset).flatMap(({ from, to }) => [numbers[from] ?? 0, (numbers[to - 1] ?? 0) + 1]);
  return JSON.stringify({ d } satisfies Stored);
}

function positions(numbers: readonly number[], ranges: readonly number[]): PartitionSubset {
  const found: number[] = [];
  for (let at = 0; at + 1 < ranges.length; at += 2) {
    const from = firstAtLeast(numbers, ranges[at] ?? 0);
    const to = firstAtLeast(numbers, ranges[at + 1] ?? 0);
    if (to <= from) continue;
    // The keys between the two ranges were removed.
    if (found.at(-1) === from) found[found.length - 1] = to;
    else found.push(from, to);
  }
  return found;
}

function firstAtLeast(numbers: readonly number[], wanted: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
