/** A run of a backfill ended: its slice is settled, unless the run policy makes it again, and what waited for it may start. */
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

/** The backfill has taken the run for one that goes on. */
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

/** The run that goes on for a slice, after however many retries. */
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
  // Somebody may have ended it meanwhile.
  if (!row.active.some(([active]) => active === slice)) return;
  if (run.status === "succeeded" || run.status === "failed" || run.status === "canceled")
    settleSlice(row, { slice, status: run.status, error: run.error });
}

/** The timer of a backfill: goes on with what did not fit into one transaction, and notices runs whose end nobody told it. */
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
