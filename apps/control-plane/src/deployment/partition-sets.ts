/** A stored set of partitions, read for a definition as it is now. */
import type { PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import type { PartitionSubset } from "@headgate/shared/domain/partitions/subset.ts";
import { readSubset, type StoredSubset } from "@headgate/shared/domain/partitions/subset-json.ts";

export function parseSubset(set: PartitionSet, text: string | undefined): PartitionSubset {
  return text === undefined || text === "" ? [] : readSubset(set, JSON.parse(text) as StoredSubset);
}
