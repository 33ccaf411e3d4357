/** A run of a backfill ended: its slice is settled, unless the run policy makes it again, and what waited for it may start. */
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { backfillNo, readBackfill, retryOf } from "./backfill-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { openRun, type RunSession } from "../runs/run-session.ts";
import { changeBackfill, type OpenBackfill, settleSlice } from "./advance-backfill.ts";

export function backfillRunEnded(turn: Turn, session: RunSession): void {
  const { backfillNo: no, backfillSlice: slice } = session.row;
  if (no === null || slice === null) return;
  if (newestRun(turn, session) !== session || session.row.retryAt !== null) return;
  changeBackfill(turn, no, (row) => settle(row, slice, session));
}

/** The run that goes on for a slice, after however many retries. */
export function newestRun(turn: Turn, first: RunSession): RunSession {
  let newest = first;
  while (newest.row.backfillNo !== null) {
    const retry = retryOf(turn.db, { id: newest.row.id, backfillNo: newest.row.backfillNo });
    const next = retry === null ? null : openRun(turn, retry);
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

/** The timer of a backfill: goes on with what did not fit into one turn, and notices runs whose end nobody told it. */
export function backfillDue(turn: Turn, id: string): void {
  const no = backfillNo(id);
  const row = no === null ? null : readBackfill(turn.db, no);
  if (row && row.endedAt === null) changeBackfill(turn, row.no, (open) => settleEnded(turn, open));
}

export function settleEnded(turn: Turn, row: OpenBackfill): void {
  for (const [slice, first] of row.active) {
    const session = openRun(turn, first);
    const newest = session && newestRun(turn, session);
    if (newest && isTerminalRun(newest.row.status) && newest.row.retryAt === null) settle(row, slice, newest);
  }
}
