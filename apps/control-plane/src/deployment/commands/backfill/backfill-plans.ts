/** The frozen plans of backfills that somebody works with, kept in memory because reading one anew for each run that ends would cost more than the run. */
import { type BackfillSlices, lostSlices, readSlices, type SliceStates } from "@headgate/shared/domain/run/backfill-slices.ts";
import { type PartitionSubset, subsetOf } from "@headgate/shared/domain/partitions/subset.ts";
import { type BackfillRow, readPlanChunks } from "../../store/backfill-store.ts";
import type { Database } from "../../store/database.ts";

interface Kept {
  readonly plan: BackfillSlices;
  /** A number is given again when the transaction that made the backfill failed. */
  readonly createdAt: number;
  /** For which ends `lost` was found. */
  ends: string;
  lost: PartitionSubset;
}

/** Each may have a hundred thousand slices. */
const MAX_KEPT = 3;
const kept = new WeakMap<Database, Map<number, Kept>>();

type Named = Pick<BackfillRow, "no" | "createdAt">;

function open(db: Database, { no, createdAt }: Named): Kept {
  const plans = kept.get(db) ?? new Map<number, Kept>();
  kept.set(db, plans);
  const known = plans.get(no);
  if (known?.createdAt === createdAt) return known;
  const entry: Kept = { plan: readSlices(readPlanChunks(db, no)), createdAt, ends: "", lost: [] };
  const [oldest] = plans.keys();
  if (oldest !== undefined && plans.size >= MAX_KEPT) plans.delete(oldest);
  plans.set(no, entry);
  return entry;
}

export function planOf(db: Database, row: Named): BackfillSlices {
  return open(db, row).plan;
}

export function statesOf(row: BackfillRow): SliceStates {
  return { active: subsetOf(row.active.map(([slice]) => slice)), succeeded: row.succeeded, failed: row.failed, canceled: row.canceled };
}

/** What failed or was canceled, and what cannot start because of it. */
export function lostOf(db: Database, row: BackfillRow): PartitionSubset {
  const entry = open(db, row);
  // What succeeds or starts was not lost, so only other ends make a difference.
  const ends = `${row.failed.join()}/${row.canceled.join()}`;
  if (entry.ends === ends) return entry.lost;
  entry.lost = lostSlices(entry.plan, statesOf(row));
  entry.ends = ends;
  return entry.lost;
}
