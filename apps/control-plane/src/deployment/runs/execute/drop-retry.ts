/** Drops the pending retry of a failed run. */
import { clearTimer } from "../../kernel/timer-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { record, type RunSession } from "../run-session.ts";

/** Drops the retry because a person canceled it. Returns whether there was one. */
export function dropRunRetry(tx: Tx, session: RunSession, by: string): boolean {
  if (session.row.retryAt === null) return false;
  session.row.retryAt = null;
  session.changed = true;
  clearTimer(tx.db, "run_retry", session.row.id);
  tx.effects.push({ type: "timers_changed" });
  record(tx, session, { event: { type: "engine", level: "info", message: `The run will not be retried: ${by} canceled the retry.` } });
  retryDropped(tx, session);
  return true;
}

/** A backfill may wait for the retry. */
export function retryDropped(tx: Tx, { row }: RunSession): void {
  if (row.backfillNo === null) return;
  tx.fact({ type: "run_retry_dropped", backfill: row.backfillNo });
}
