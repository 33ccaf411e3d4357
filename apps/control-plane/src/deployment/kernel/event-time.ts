/**
 * The time of events and evaluations. It never goes back, though a clock may be set back by hours: what happened later must not look as if it
 * had happened before, or conditions would take a new update for an old one. Until the clock has caught up, this time stands still.
 */
import { lastEventAt } from "./event-store.ts";
import { readMeta, writeMeta } from "./meta-store.ts";
import type { Tx } from "./tx.ts";

const KEY = "evaluated_at";
const known = new WeakMap<Tx, number>();

export function eventTime(tx: Tx): number {
  const before = known.get(tx);
  if (before !== undefined) return before;
  const at = Math.max(tx.now, lastEventAt(tx.db), Number(readMeta(tx.db, KEY) ?? 0));
  known.set(tx, at);
  return at;
}

/** Conditions were evaluated with this time: no later event is before it. */
export function noteEvaluationTime(tx: Tx): void {
  writeMeta(tx.db, KEY, String(eventTime(tx)));
}
