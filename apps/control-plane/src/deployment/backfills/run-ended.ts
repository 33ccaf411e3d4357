/** Settles the slice of a run that ended, unless the run will be retried, and starts the slices that waited for it. */
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { readBackfill, retryOf } from "./backfill-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { openRun, type RunSession } from "../runs/run-session.ts";
import { changeBackfill, type OpenBackfill, settleSlice } from "./advance-backfill.ts";
import { backfillNo, backfillId } from "@headgate/shared/domain/run/backfill-id.ts";
import type { FactOf } from "../facts.ts";
import { setTimer } from "../kernel/timer-store.ts";

export function afterRunEnded(tx: Tx, facts: readonly FactOf<"run_ended">[]): void {
  for (const { run } of facts) {
    const session = openRun(tx, run);
    if (session) settleRun(tx, session);
  }
}

/** The backfill still counts the run as active, so a timer settles it. */
export function afterRetryDropped(tx: Tx, facts: readonly FactOf<"run_retry_dropped">[]): void {
  for (const { backfill } of facts) setTimer(tx.db, { kind: "backfill", id: backfillId(backfill), at: tx.now });
  tx.effects.push({ type: "timers_changed" });
}

function settleRun(tx: Tx, session: RunSession): void {
  const { backfillNo: no, backfillSlice: slice } = session.row;
  if (no === null || slice === null) return;
  if (newestRun(tx, session) !== session || session.row.retryAt !== null) return;
  changeBackfill(tx, no, (row) => settle(row, slice, session));
}

/** The newest run of a slice, after any number of retries. */
export function newestRun(tx: Tx, first: RunSession): RunSession {
  let newest = first;
  while (newest.row.backfillNo !== null) {
    const retry = retryOf(tx.db, { id: newest.row.id, backfillNo: newest.row.backfillNo });
    const next = retry === null ? null : openRun(tx, retry);
    if (!next) return newest;
    newest = next;
  }
  return newest;
}

function settle(row: OpenBackfill, slice: number, { row: run }: RunSession): void {
  // A person may have canceled the slice meanwhile.
  if (!row.active.some(([active]) => active === slice)) return;
  if (run.status === "succeeded" || run.status === "failed" || run.status === "canceled")
    settleSlice(row, { slice, status: run.status, error: run.error });
}

/** Runs when the backfill's timer is due: continues what did not fit into one transaction, and settles ended runs that it missed. */
export function backfillDue(tx: Tx, id: string): void {
  const no = backfillNo(id);
  const row = no === null ? null : readBackfill(tx.db, no);
  if (row && row.endedAt === null) changeBackfill(tx, row.no, (open) => settleEnded(tx, open));
}

export function settleEnded(tx: Tx, row: OpenBackfill): void {
  for (const [slice, first] of row.active) {
    const session = openRun(tx, first);
    const newest = session && newestRun(tx, session);
    if (newest && isTerminalRun(newest.row.status) && newest.row.retryAt === null) settle(row, slice, newest);
  }
}
