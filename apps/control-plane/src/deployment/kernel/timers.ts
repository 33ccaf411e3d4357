/**
 * Runs many timers on the object's one alarm. The platform drops an alarm whose handler keeps throwing, and a deploy may lose one.
 * Therefore the alarm is set again before any work, the work is done in limited slices, and no error of a timer escapes.
 */
import type { Database } from "./database.ts";
import { readMeta, writeMeta } from "./meta-store.ts";
import { dueTimers, nextTimerAt, pullRelativeTimers, setTimer, type Timer } from "./timer-store.ts";
import { TIMER_KINDS, type TimerTraits } from "../timer-kinds.ts";

/** The part of the storage that timers need. */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

export const SAFETY_MS = 30_000;
/** The total cost of the timers that one alarm handles before other work gets its turn. */
const BUDGET = 2_000;
const DEFAULT_COST = 10;
/** The most timers of a grouped kind that share a transaction. */
const GROUP = 100;
/** A slice ends after this time, even if more is due. Where the clock stands still while code runs, only `BUDGET` limits it. */
const SLICE_MS = 2_000;
/** A timer whose handler failed runs again after this time. */
const AFTER_FAILURE_MS = 30_000;
/** An alarm this far in the past was lost. */
const OVERDUE_MS = 60_000;
/** A clock that goes back by less was only corrected, not set back. */
const SET_BACK_MS = 60_000;
/** The newest time is stored at most this often. */
const NOTE_EVERY_MS = 10_000;
const NEWEST = "newest_time";

export class Timers {
  readonly #db: Database;
  readonly #alarm: AlarmStorage;
  /** The time of the alarm; null if none is set, undefined if unknown. */
  #armed: number | null | undefined;
  #firing = false;
  /** The newest time seen since the clock was last set back; `#noted` is the newest time stored. */
  #newest: number | null = null;
  #noted = 0;

  constructor(db: Database, alarm: AlarmStorage) {
    this.#db = db;
    this.#alarm = alarm;
  }

  /** Call when the object starts: if the alarm was lost, a new one is set. */
  async recover(now: number): Promise<void> {
    this.noticeClock(now);
    const armed = await this.#alarm.getAlarm();
    this.#armed = armed !== null && armed < now - OVERDUE_MS ? undefined : armed;
    this.arm();
  }

  /** Call before any work: if the clock was set back, timers that were set to a delay move with it instead of waiting for hours. */
  noticeClock(now: number): void {
    if (this.#newest === null) {
      this.#noted = Number(readMeta(this.#db, NEWEST) ?? 0);
      this.#newest = this.#noted;
    }
    const back = this.#newest - now;
    if (back <= 0 && now - this.#noted < NOTE_EVERY_MS) {
      this.#newest = now;
      return;
    }
    if (back > 0 && back <= SET_BACK_MS) return;
    if (back > 0) pullRelativeTimers(this.#db, back);
    writeMeta(this.#db, NEWEST, String(now));
    this.#newest = now;
    this.#noted = now;
    if (back > 0) this.arm();
  }

  /** Sets the alarm to the earliest timer, or removes it. The write is part of the transaction and need not be awaited. */
  arm(): void {
    // While timers are handled the safety alarm stays; the next alarm is set at the end.
    if (this.#firing) return;
    const earliest = nextTimerAt(this.#db);
    // The platform refuses an alarm at the beginning of time.
    const next = earliest === null ? null : Math.max(1, earliest);
    if (next === this.#armed) return;
    this.#armed = next;
    // A failed write breaks the object through the output gate; there is nothing to do about it here.
    if (next === null) void this.#alarm.deleteAlarm();
    else void this.#alarm.setAlarm(next);
  }

  /**
   * Handles the due timers. `run` handles some timers in one transaction, which also removes them. It may stop before the last one. If it
   * throws, none was handled.
   */
  fire(input: FireInput): void {
    const safety = input.now + SAFETY_MS;
    this.#armed = safety;
    void this.#alarm.setAlarm(safety);
    this.#firing = true;
    const started = input.elapsed();
    try {
      this.noticeClock(input.now);
      let left = BUDGET;
      const work = (due: readonly Timer[]) => {
        for (const group of groupsOf(due)) {
          if (left <= 0 || input.elapsed() - started > SLICE_MS) return;
          left -= group.length * costOf(group[0]);
          this.#run(group, input);
        }
      };
      work(dueTimers(this.#db, { now: input.now, limit: BUDGET }));
      // Timers of ticks that the schedules above stored: if there are few, they run without another alarm.
      if (left > 0) work(dueTimers(this.#db, { now: input.now, limit: BUDGET }).filter(({ kind }) => kind === "tick"));
    } finally {
      this.#firing = false;
      this.arm();
    }
  }

  #run(group: readonly Timer[], input: FireInput): void {
    try {
      input.run(group);
    } catch (error) {
      const [timer, ...others] = group;
      if (timer && others.length === 0) {
        setTimer(this.#db, { ...timer, at: input.now + AFTER_FAILURE_MS });
        input.failed(timer, error);
        // One timer failed: each gets its own transaction.
      } else for (const one of group) this.#run([one], input);
    }
  }
}

interface FireInput {
  readonly now: number;
  /** Milliseconds since a fixed moment. */
  readonly elapsed: () => number;
  readonly run: (timers: readonly Timer[]) => void;
  readonly failed: (timer: Timer, error: unknown) => void;
}

function traitsOf(timer: Timer): TimerTraits {
  return TIMER_KINDS[timer.kind];
}

function costOf(timer: Timer | undefined): number {
  return (timer && traitsOf(timer).cost) ?? DEFAULT_COST;
}

/** Groups neighbouring timers of a grouped kind, in order. */
function groupsOf(timers: readonly Timer[]): Timer[][] {
  const groups: Timer[][] = [];
  for (const timer of timers) {
    const last = groups.at(-1);
    if (traitsOf(timer).isGrouped && last?.[0]?.kind === timer.kind && last.length < GROUP) last.push(timer);
    else groups.push([timer]);
  }
  return groups;
}
