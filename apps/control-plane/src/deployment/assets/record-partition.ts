/** Updates the stored subsets of materialized and failed partitions of an asset, and of passed and failed partitions of a check. */
import { parsePartitionRange, RANGE_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";
import { difference, rangeSubset, union } from "@headgate/shared/domain/partitions/subset.ts";
import { partitionContext } from "../partitions/partition-context.ts";
import { parseSubset, subsetText } from "../partitions/partition-sets.ts";
import { deletePartitionFailure, readPartitionSets, savePartitionFailure, savePartitionSets } from "../partitions/partition-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { catalogOf } from "../catalog/catalog.ts";
import type { FactOf } from "../facts.ts";
import { checkId } from "@headgate/shared/domain/asset-check.ts";

interface PartitionRecord {
  readonly asset: string;
  /** A key, or `first...last`. */
  readonly partition: string;
  readonly run: string;
  /** Null if the partition was materialized. */
  readonly failure: string | null;
}

export function recordMaterialized(tx: Tx, facts: readonly FactOf<"asset_materialized">[]): void {
  for (const { asset, partition, by } of facts)
    if (partition !== null) recordPartition(tx, { asset, partition, run: "run" in by ? by.run : "", failure: null });
}

export function recordFailed(tx: Tx, facts: readonly FactOf<"asset_failed">[]): void {
  for (const { asset, failedPartitions, by, message } of facts)
    for (const partition of failedPartitions) recordPartition(tx, { asset, partition, run: "run" in by ? by.run : "", failure: message });
}

export function recordChecked(tx: Tx, facts: readonly FactOf<"check_evaluated">[]): void {
  for (const fact of facts) recordCheck(tx, fact);
}

export function isRange(partition: string): boolean {
  return partition.includes(RANGE_SEPARATOR);
}

/** A partition that the active definitions do not have is ignored here; its event is stored anyway. */
function recordPartition(tx: Tx, record: PartitionRecord): void {
  const { graph } = catalogOf(tx);
  const definition = graph.assets[graph.indexOf(record.asset)]?.partitions;
  const opened = definition && partitionContext(tx.db, tx.now).open(definition);
  if (!opened?.ok) return;
  const set = opened.value;
  const named = parsePartitionRange(set, record.partition);
  if (!named.ok) return;
  const stored = readPartitionSets(tx.db, record.asset);
  const materialized = parseSubset(set, stored?.materialized);
  const failed = parseSubset(set, stored?.failed);
  const next =
    record.failure === null
      ? { materialized: union(materialized, named.value), failed: difference(failed, named.value) }
      : { materialized, failed: union(failed, named.value) };
  if (record.failure === null) deletePartitionFailure(tx.db, record.asset, record.partition);
  else
    savePartitionFailure(tx.db, { asset: record.asset, partition: record.partition, at: tx.now, run: record.run, message: record.failure });
  savePartitionSets(tx.db, record.asset, {
    materialized: subsetText(set, next.materialized),
    failed: subsetText(set, next.failed),
  });
}

/** A result without a partition counts for all partitions. */
function recordCheck(tx: Tx, { asset, check, partition, passed: hasPassed }: FactOf<"check_evaluated">): void {
  const { graph } = catalogOf(tx);
  const definition = graph.assets[graph.indexOf(asset)]?.partitions;
  const opened = definition && partitionContext(tx.db, tx.now).open(definition);
  if (!opened?.ok) return;
  const set = opened.value;
  const named = partition === null ? { ok: true as const, value: rangeSubset(0, set.count) } : parsePartitionRange(set, partition);
  if (!named.ok) return;
  const id = checkId({ asset, name: check });
  const stored = readPartitionSets(tx.db, id);
  const [passed, failed] = [parseSubset(set, stored?.materialized), parseSubset(set, stored?.failed)];
  const next = hasPassed
    ? { passed: union(passed, named.value), failed: difference(failed, named.value) }
    : { passed: difference(passed, named.value), failed: union(failed, named.value) };
  savePartitionSets(tx.db, id, { materialized: subsetText(set, next.passed), failed: subsetText(set, next.failed) });
}
