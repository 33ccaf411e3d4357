/** Stores timers: a kind, an id and the time when they are due. */
import type { Database } from "./database.ts";
import { TIMER_KINDS, type TimerKind, type TimerTraits } from "../timer-kinds.ts";

const RELATIVE_KINDS = Object.entries<TimerTraits>(TIMER_KINDS).flatMap(([kind, { setTo }]) => (setTo === "delay" ? [kind] : []));

export interface Timer {
  readonly kind: TimerKind;
  readonly id: string;
  readonly at: number;
}

export function setTimer(db: Database, timer: Timer): void {
  db.sql.exec(
    "INSERT INTO timer (kind, id, at) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at",
    timer.kind,
    timer.id,
    timer.at,
  );
}

/** Sets the timer, unless it is already set. */
export function ensureTimer(db: Database, timer: Timer): void {
  db.sql.exec("INSERT INTO timer (kind, id, at) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO NOTHING", timer.kind, timer.id, timer.at);
}

/** Sets the timer or moves it to an earlier time; a timer that is due earlier stays. */
export function pullTimer(db: Database, timer: Timer): void {
  db.sql.exec(
    "INSERT INTO timer (kind, id, at) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET at = min(at, excluded.at)",
    timer.kind,
    timer.id,
    timer.at,
  );
}

export function hasTimer(db: Database, timer: Pick<Timer, "kind" | "id">): boolean {
  return db.sql.exec("SELECT 1 FROM timer WHERE kind = ? AND id = ?", timer.kind, timer.id).toArray().length > 0;
}

export function clearTimer(db: Database, kind: TimerKind, id: string): void {
  db.sql.exec("DELETE FROM timer WHERE kind = ? AND id = ?", kind, id);
}

/** Call when the clock was set back: timers that were set to a delay keep that delay. */
export function pullRelativeTimers(db: Database, ms: number): void {
  db.sql.exec("UPDATE timer SET at = at - ? WHERE kind IN (SELECT value FROM json_each(?))", ms, JSON.stringify(RELATIVE_KINDS));
}

export function nextTimerAt(db: Database): number | null {
  return db.sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM timer").one().at;
}

export function dueTimers(db: Database, input: { readonly now: number; readonly limit: number }): Timer[] {
  return db.sql
    .exec<{ kind: string; id: string; at: number }>(
      "SELECT kind, id, at FROM timer WHERE at <= ? ORDER BY at, kind, id LIMIT ?",
      input.now,
      input.limit,
    )
    .toArray() as unknown as Timer[];
}
