/**
 * The time of events and evaluations, which never goes back. If the clock is set back, this time stands still until the clock has caught up;
 * otherwise conditions would take a new update for an old one.
 */
import { lastEventAt } from "./event-store.ts";
import { readMeta, writeMeta } from "../meta-store.ts";
import type { Tx } from "../tx.ts";

const KEY = "evaluated_at";
const known = new WeakMap<Tx, number>();

export function eventTime(tx: Tx): number {
  const before = known.get(tx);
  if (before !== undefined) return before;
  const at = Math.max(tx.now, lastEventAt(tx.db), Number(readMeta(tx.db, KEY) ?? 0));
  known.set(tx, at);
  return at;
}

/** Stores the time of an evaluation, so that no later event gets an earlier time. */
export function noteEvaluationTime(tx: Tx): void {
  writeMeta(tx.db, KEY, String(eventTime(tx)));
}
