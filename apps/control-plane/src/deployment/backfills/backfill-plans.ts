/** Caches the frozen plans of backfills: reading a plan again for each run that ends would cost more than the run. */
import { type BackfillSlices, lostSlices, readSlices, type SliceStates } from "@headgate/shared/domain/run/backfill-slices.ts";
import { type PartitionSubset, subsetOf } from "@headgate/shared/domain/partitions/subset.ts";
import { type BackfillRow, readPlanChunks } from "./backfill-store.ts";
import type { Database } from "../kernel/database.ts";
import { databaseCache } from "../kernel/database.ts";

interface Kept {
  readonly plan: BackfillSlices;
  /** The failed and canceled slices for which `lost` was computed. */
  ends: string;
  lost: PartitionSubset;
}

/** The most slices in the cache: three of the largest backfills, or thousands of small ones. */
const MAX_KEPT_SLICES = 300_000;
// After a rollback the number of a backfill is used again.
const kept = databaseCache("savepoint", () => new Map<number, Kept>());

function open(db: Database, { no }: Pick<BackfillRow, "no">): Kept {
  const plans = kept.of(db);
  const known = plans.get(no);
  if (known) return known;
  const entry: Kept = { plan: readSlices(readPlanChunks(db, no)), ends: "", lost: [] };
  let slices = entry.plan.slices.length;
  for (const other of plans.values()) slices += other.plan.slices.length;
  for (const [oldest, other] of plans) {
    if (slices <= MAX_KEPT_SLICES) break;
    plans.delete(oldest);
    slices -= other.plan.slices.length;
  }
  plans.set(no, entry);
  return entry;
}

export function planOf(db: Database, row: Pick<BackfillRow, "no">): BackfillSlices {
  return open(db, row).plan;
}

export function statesOf(row: BackfillRow): SliceStates {
  return { active: subsetOf(row.active.map(([slice]) => slice)), succeeded: row.succeeded, failed: row.failed, canceled: row.canceled };
}

/** Slices that failed or were canceled, and slices that cannot start because of them. */
export function lostOf(db: Database, row: BackfillRow): PartitionSubset {
  const entry = open(db, row);
  // Slices that start or succeed do not change the result; only failed and canceled ones do.
  const ends = `${row.failed.join()}/${row.canceled.join()}`;
  if (entry.ends === ends) return entry.lost;
  entry.lost = lostSlices(entry.plan, statesOf(row));
  entry.ends = ends;
  return entry.lost;
}
