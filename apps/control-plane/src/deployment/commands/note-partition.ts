/** Keeps the compact sets of materialized and failed partitions of an asset. */
import { openPartitions } from "@headgate/shared/domain/partitions/partition-set.ts";
import { difference, withPartition } from "@headgate/shared/domain/partitions/subset.ts";
import { storeSubset } from "@headgate/shared/domain/partitions/subset-json.ts";
import { parseSubset } from "../partition-sets.ts";
import { deletePartitionFailure, readPartitionSets, savePartitionFailure, savePartitionSets } from "../store/partition-store.ts";
import type { Turn } from "../turn.ts";

export interface PartitionNote {
  readonly asset: string;
  readonly partition: string;
  readonly run: string;
  /** Null: it was materialized. */
  readonly failure: string | null;
}

/** A partition that the active definitions do not have leaves no trace here; its event is stored all the same. */
export function notePartition(turn: Turn, note: PartitionNote): void {
  const { graph } = turn.catalog();
  const definition = graph.assets[graph.indexOf(note.asset)]?.partitions;
  const opened = definition && openPartitions(definition, { now: turn.now });
  if (!opened?.ok) return;
  const set = opened.value;
  const number = set.numberOf(note.partition);
  if (number < 0) return;
  const stored = readPartitionSets(turn.db, note.asset);
  const materialized = parseSubset(set, stored?.materialized);
  const failed = parseSubset(set, stored?.failed);
  const next =
    note.failure === null
      ? { materialized: withPartition(materialized, number), failed: difference(failed, [number, number + 1]) }
      : { materialized, failed: withPartition(failed, number) };
  if (note.failure === null) deletePartitionFailure(turn.db, note.asset, note.partition);
  else savePartitionFailure(turn.db, { asset: note.asset, partition: note.partition, at: turn.now, run: note.run, message: note.failure });
  savePartitionSets(turn.db, note.asset, {
    materialized: JSON.stringify(storeSubset(set, next.materialized)),
    failed: JSON.stringify(storeSubset(set, next.failed)),
  });
}
