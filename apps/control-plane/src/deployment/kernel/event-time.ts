/**
 * The time of events and evaluations. It never goes back, though a clock may be set back by hours: what happened later must not look as if it
 * had happened before, or conditions would take a new update for an old one. Until the clock has caught up, this time stands still.
 */
import { lastEventAt } from "./event-store.ts";
import { readMeta, writeMeta } from "./meta-store.ts";
import type { Turn } from "./tx.ts";

const KEY = "evaluated_at";
const known = new WeakMap<Turn, number>();

export function eventTime(turn: Turn): number {
  const before = known.get(turn);
  if (before !== undefined) return before;
  const at = Math.max(turn.now, lastEventAt(turn.db), Number(readMeta(turn.db, KEY) ?? 0));
  known.set(turn, at);
  return at;
}

/** Conditions were evaluated with this time: no later event is before it. */
export function noteEvaluationTime(turn: Turn): void {
  writeMeta(turn.db, KEY, String(eventTime(turn)));
}
