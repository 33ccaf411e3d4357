/** Finds the partitions of an asset that open backfills will still make. */
import { type PartitionSet, parsePartitionRange } from "@headgate/shared/domain/partitions/partition-set.ts";
import { EMPTY_SUBSET, includes, type PartitionSubset, unionOf } from "@headgate/shared/domain/partitions/subset.ts";
import type { BackfillSlices } from "@headgate/shared/domain/run/backfill-slices.ts";
import { readBackfill } from "../../backfills/backfill-store.ts";
import { openBackfillNos } from "../condition-fact-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { lostOf, planOf } from "../../backfills/backfill-plans.ts";

/** The slices of an asset with their partitions, cached with the plan while the partition numbers stay valid. */
interface Slices {
  readonly set: PartitionSet | null;
  readonly entries: readonly { readonly slice: number; readonly subset: PartitionSubset }[];
}
const known = new WeakMap<BackfillSlices, Map<string, Slices>>();

export function backfillingPartitions(tx: Pick<Tx, "db">, asset: string, set: PartitionSet | null): PartitionSubset {
  const subsets: PartitionSubset[] = [];
  for (const no of openBackfillNos(tx.db)) {
    const row = readBackfill(tx.db, no);
    if (!row) continue;
    const ended = unionOf([row.succeeded, row.failed, row.canceled, lostOf(tx.db, row)]);
    for (const { slice, subset } of slicesOf(planOf(tx.db, row), asset, set)) if (!includes(ended, slice)) subsets.push(subset);
  }
  return subsets.length === 0 ? EMPTY_SUBSET : unionOf(subsets);
}

function slicesOf(plan: BackfillSlices, asset: string, set: PartitionSet | null): Slices["entries"] {
  const ofPlan = known.get(plan) ?? new Map<string, Slices>();
  known.set(plan, ofPlan);
  const before = ofPlan.get(asset);
  if (before && sameNumbers(before.set, set)) return before.entries;
  const groups = new Set(plan.groups.flatMap((assets, group) => (assets.includes(asset) ? [group] : [])));
  const entries = plan.slices.flatMap(({ group, partition }, slice) => {
    if (!groups.has(group)) return [];
    const subset = subsetOf(set, partition);
    return subset.length > 0 ? [{ slice, subset }] : [];
  });
  ofPlan.set(asset, { set, entries });
  return entries;
}

/** Time windows keep their numbers while the definition stays. In a dynamic set, a removed key shifts the numbers of the others. */
function sameNumbers(before: PartitionSet | null, now: PartitionSet | null): boolean {
  if (before === now) return true;
  return before?.time !== null && now?.time !== null && before?.definition === now?.definition && before?.count === now?.count;
}

function subsetOf(set: PartitionSet | null, partition: string | null): PartitionSubset {
  if (!set) return [0, 1];
  if (partition === null) return EMPTY_SUBSET;
  const read = parsePartitionRange(set, partition);
  return read.ok ? read.value : EMPTY_SUBSET;
}
