/** Counts the stale partitions of an asset. */
import type { StalePartitions } from "@headgate/shared/domain/health/staleness.ts";
import type { PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { countOf } from "@headgate/shared/domain/partitions/subset.ts";
import { parseSubset } from "../partitions/partition-sets.ts";
import type { StaleSet } from "../partitions/partition-store.ts";

/** What changed last of the single partitions that an asset without partitions reads. */
export function staleRead(stored: StaleSet | undefined): { readonly dependency: string; readonly at: number } | null {
  if (!stored || stored.stale === "" || stored.staleBy === null || stored.staleAt === null) return null;
  return { dependency: stored.staleBy, at: stored.staleAt };
}

export function staleCount(set: PartitionSet, stored: StaleSet | undefined): { readonly stale?: StalePartitions } {
  if (!stored || stored.stale === "" || stored.staleBy === null || stored.staleAt === null) return {};
  const count = countOf(parseSubset(set, stored.stale));
  return count === 0 ? {} : { stale: { count, dependency: stored.staleBy, at: stored.staleAt } };
}
