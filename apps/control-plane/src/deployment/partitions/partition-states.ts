/** Sorts the partitions of an asset into materialized, failed, in progress and missing; each is in exactly one of the four. */
import { parsePartitionRange, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { difference, type PartitionSubset, union, unionOf } from "@headgate/shared/domain/partitions/subset.ts";
import { parseSubset } from "./partition-sets.ts";
import type { Database } from "../kernel/database.ts";
import { partitionsInProgress, readPartitionSets } from "./partition-store.ts";

export interface PartitionStates {
  /** Without partitions that failed since or are in progress. */
  readonly materialized: PartitionSubset;
  /** Without partitions that are in progress. */
  readonly failed: PartitionSubset;
  readonly inProgress: PartitionSubset;
  readonly missing: PartitionSubset;
  /** Partitions, in whatever state, that read data that changed later. */
  readonly stale: PartitionSubset;
  /** The partitions in progress, by run. */
  readonly running: readonly { readonly run: string; readonly subset: PartitionSubset }[];
}

export function partitionStates(db: Database, asset: string, set: PartitionSet): PartitionStates {
  const stored = readPartitionSets(db, asset);
  const running = partitionsInProgress(db, asset).flatMap(({ partition, run }) => {
    const subset = parsePartitionRange(set, partition);
    return subset.ok ? [{ run, subset: subset.value }] : [];
  });
  const inProgress = unionOf(running.map(({ subset }) => subset));
  const failed = difference(parseSubset(set, stored?.failed), inProgress);
  const materialized = difference(parseSubset(set, stored?.materialized), union(failed, inProgress));
  const all = set.count > 0 ? [0, set.count] : [];
  const missing = difference(all, unionOf([materialized, failed, inProgress]));
  return { materialized, failed, inProgress, missing, stale: parseSubset(set, stored?.stale), running };
}
