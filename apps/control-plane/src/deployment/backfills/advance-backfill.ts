/**
 * Advances a backfill: starts slices up to the allowed number and ends the backfill when none is left. Everything follows from the row and
 * the frozen plan, so the backfill continues the same way after any interruption.
 */
import { refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { type BackfillSlices, nextSlices } from "@headgate/shared/domain/run/backfill-slices.ts";
import { countOf, withPartition } from "@headgate/shared/domain/partitions/subset.ts";
import { logError } from "../kernel/log-error.ts";
import { type BackfillRow, readBackfill, updateBackfill } from "./backfill-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { lostOf, planOf, statesOf } from "./backfill-plans.ts";
import { startSlice } from "./start-slice.ts";

export type OpenBackfill = { -readonly [K in keyof BackfillRow]: BackfillRow[K] };

/** The most runs made in one transaction; a timer continues with the rest. */
const MAX_STARTS = 50;
/** The most different messages kept about slices that have no run. */
const MAX_REFUSED = 20;

/** Loads a backfill, changes it, starts what may start now, and stores it. */
export function changeBackfill(tx: Tx, no: number, change: (row: OpenBackfill) => void): void {
  const stored = readBackfill(tx.db, no);
  if (!stored) return;
  const row: OpenBackfill = { ...stored };
  change(row);
  startMore(tx, row);
  row.blocked = countOf(lostOf(tx.db, row)) - countOf(row.failed) - countOf(row.canceled);
  endIfDone(tx, row);
  updateBackfill(tx.db, row);
  // Conditions learn of each ended run anyway, but not of slices that became blocked or wait again.
  if (row.status !== stored.status || row.blocked !== stored.blocked || row.refused !== stored.refused)
    tx.fact({
      type: "backfill_progressed",
      targets: planOf(tx.db, row).groups.flat(),
      cause: `Backfill ${row.id} is ${row.status}.`,
      chain: row.chain,
    });
  tx.fact({ type: "backfill_changed", backfill: no });
}

function startMore(tx: Tx, row: OpenBackfill): void {
  const plan = planOf(tx.db, row);
  let left = MAX_STARTS;
  while (row.status === "running") {
    const free = row.maxActive - row.active.length;
    if (free <= 0) return;
    const next = nextSlices(plan, { ...statesOf(row), lost: lostOf(tx.db, row) }, Math.min(free, left));
    if (next.length === 0) {
      if (left > 0) return;
      setTimer(tx.db, { kind: "backfill", id: row.id, at: tx.now });
      tx.effects.push({ type: "timers_changed" });
      return;
    }
    for (const slice of next) {
      left--;
      const started = attemptSlice(tx, row, { plan, slice });
      if (started.ok) row.active = [...row.active, [slice, started.value]];
      else failSlice(row, slice, started.error.message);
    }
    tx.fact({ type: "work_available" });
  }
}

function attemptSlice(tx: Tx, row: OpenBackfill, at: { readonly plan: BackfillSlices; readonly slice: number }): Result<number> {
  try {
    return tx.savepoint(() => startSlice(tx, row, at));
  } catch (error) {
    logError(`A run of backfill ${row.id} could not be made`, error);
    return refuse("internal", "The run could not be made; the control plane's log has the details.");
  }
}

/** The backfill keeps the message, because there is no run to hold it. */
function failSlice(row: OpenBackfill, slice: number, message: string): void {
  row.failed = withPartition(row.failed, slice);
  row.error ??= message;
  const known =
    row.refused.find((entry) => entry.message === message) ?? (row.refused.length >= MAX_REFUSED ? row.refused.at(-1) : undefined);
  row.refused = known
    ? row.refused.map((entry) => (entry === known ? { ...entry, slices: withPartition(entry.slices, slice) } : entry))
    : [...row.refused, { message, slices: [slice, slice + 1] }];
}

/** Records the final end of a slice: no retry follows. */
export function settleSlice(
  row: OpenBackfill,
  end: { readonly slice: number; readonly status: "succeeded" | "failed" | "canceled"; readonly error: string | null },
): void {
  row.active = row.active.filter(([slice]) => slice !== end.slice);
  row[end.status] = withPartition(row[end.status], end.slice);
  if (end.status === "failed") row.error ??= end.error;
}

function endIfDone(tx: Tx, row: OpenBackfill): void {
  if (row.active.length > 0 || row.endedAt !== null) return;
  const ended = countOf(row.succeeded) + countOf(row.failed) + countOf(row.canceled);
  if (row.status !== "canceling" && ended + row.blocked < row.runsTotal) return;
  row.endedAt = tx.now;
  if (row.status === "canceling") row.status = "canceled";
  else row.status = row.failed.length > 0 ? "failed" : row.canceled.length > 0 ? "canceled" : "succeeded";
}
