/** Keeps the compact sets of materialized and failed partitions of an asset. */
import { parsePartitionRange, RANGE_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";
import { difference, union } from "@headgate/shared/domain/partitions/subset.ts";
import { partitionContext } from "./partition-context.ts";
import { parseSubset, subsetText } from "./partition-sets.ts";
import { deletePartitionFailure, readPartitionSets, savePartitionFailure, savePartitionSets } from "./partition-store.ts";
import type { Tx } from "../kernel/tx.ts";

export interface PartitionNote {
  readonly asset: string;
  /** A key, or `first...last`. */
  readonly partition: string;
  readonly run: string;
  /** Null: it was materialized. */
  readonly failure: string | null;
}

export function isRange(partition: string): boolean {
  return partition.includes(RANGE_SEPARATOR);
}

/** A partition that the active definitions do not have leaves no trace here; its event is stored all the same. */
export function notePartition(tx: Tx, note: PartitionNote): void {
  const { graph } = tx.catalog();
  const definition = graph.assets[graph.indexOf(note.asset)]?.partitions;
  const opened = definition && partitionContext(tx.db, tx.now).open(definition);
  if (!opened?.ok) return;
  const set = opened.value;
  const noted = parsePartitionRange(set, note.partition);
  if (!noted.ok) return;
  const stored = readPartitionSets(tx.db, note.asset);
  const materialized = parseSubset(set, stored?.materialized);
  const failed = parseSubset(set, stored?.failed);
  const next =
    note.failure === null
      ? { materialized: union(materialized, noted.value), failed: difference(failed, noted.value) }
      : { materialized, failed: union(failed, noted.value) };
  if (note.failure === null) deletePartitionFailure(tx.db, note.asset, note.partition);
  else savePartitionFailure(tx.db, { asset: note.asset, partition: note.partition, at: tx.now, run: note.run, message: note.failure });
  savePartitionSets(tx.db, note.asset, {
    materialized: subsetText(set, next.materialized),
    failed: subsetText(set, next.failed),
  });
}
