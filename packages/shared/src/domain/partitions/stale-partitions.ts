/** Keeps the partitions of an asset that were materialized before something that they read changed. Pure. */
import { ok, type Result } from "../errors.ts";
import { downstreamPartitions, type MappedSides } from "./mapping.ts";
import { difference, intersection, union, type PartitionSubset } from "./subset.ts";

/** The materialized partitions that read one of the changed partitions of the dependency. What was never materialized is missing, not stale. */
export function readersOf(
  sides: MappedSides,
  of: { readonly changed: PartitionSubset; readonly materialized: PartitionSubset },
): Result<PartitionSubset> {
  const read = downstreamPartitions(sides, of.changed);
  return read.ok ? ok(intersection(read.value, of.materialized)) : read;
}

/** `unseen`: partitions that read what changed while the step worked. They stay stale, because the step could not see the change. */
export function staleAfterBuild(
  stale: PartitionSubset,
  { built, unseen }: { readonly built: PartitionSubset; readonly unseen: PartitionSubset },
): PartitionSubset {
  return union(difference(stale, built), intersection(unseen, built));
}
