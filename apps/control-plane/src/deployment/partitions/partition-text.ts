/** Writes partitions as text: a key, or a range `first...last`. */
import { type PartitionSet, RANGE_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";
import { type PartitionSubset, rangesOf } from "@headgate/shared/domain/partitions/subset.ts";

/** The partitions with `from <= number < to`. */
export function partitionText(set: PartitionSet, from: number, to: number): string {
  const first = set.keyAt(from) ?? "";
  return to - from <= 1 ? first : `${first}${RANGE_SEPARATOR}${set.keyAt(to - 1) ?? ""}`;
}

/** The first keys and ranges of a subset. */
export function partitionTexts(set: PartitionSet, subset: PartitionSubset, limit: number): string[] {
  return rangesOf(subset.slice(0, limit * 2)).map(({ from, to }) => partitionText(set, from, to));
}
