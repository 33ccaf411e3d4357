/**
 * Many named timers over the object's one alarm. The platform drops an alarm whose handler keeps throwing, and a deploy may swallow one:
 * so the alarm is set again before anything is done, the work goes in bounded slices, and no failure of a timer escapes.
 */
import type { Database } from "./database.ts";
import { readMeta, writeMeta } from "./meta-store.ts";
import { dueTimers, nextTimerAt, pullRelativeTimers, setTimer, type Timer } from "./timer-store.ts";
import { TIMER_KINDS, type TimerTraits } from "../timer-kinds.ts";

/** The three members of the storage that it needs. */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

export const SAFETY_MS = 30_000;
/** What an alarm does before other work gets its chance, in the cost of its timers. */
const BUDGET = 2_000;
const DEFAULT_COST = 10;
/** So many timers of a grouped kind share a transaction. */
const GROUP = 100;
/** A slice ends after this long, also when more is due; where time stands still while code runs, the number of timers bounds it. */
const SLICE_MS = 2_000;
/** A timer whose work failed is tried again after this long. */
const AFTER_FAILURE_MS = 30_000;
/** An alarm this far in the past was swallowed. */
const OVERDUE_MS = 60_000;
/** A clock that is corrected by less is not taken for one that was set back. */
const SET_BACK_MS = 60_000;
/** The newest time is written down this often at most. */
const NOTE_EVERY_MS = 10_000;
const NEWEST = "newest_time";

export class Timers {
  readonly #db: Database;
  readonly #alarm: AlarmStorage;
  /** What the alarm is known to be set to; undefined: not known. */
  #armed: number | null | undefined;
  #firing = false;
  /** The newest time that was ever seen since the clock was last set back, and how much of that is written down. */
  #newest: number | null = null;
  #noted = 0;

  constructor(db: Database, alarm: AlarmStorage) {
    this.#db = db;
    this.#alarm = alarm;
  }

  /** After a wake-up: due work whose alarm got lost gets a new one. */
  async recover(now: number): Promise<void> {
    this.noticeClock(now);
    const armed = await this.#alarm.getAlarm();
    this.#armed = armed !== null && armed < now - OVERDUE_MS ? undefined : armed;
    this.arm();
  }

  /** Before anything is done at a time: were the clock set back by hours, what is to happen in a minute would wait until it has caught up. */
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

  /** Sets the alarm to the earliest timer, or none. The write joins the transaction's and needs no waiting. */
  arm(): void {
    // While timers are handled the safety alarm stays; what comes next is set at the end.
    if (this.#firing) return;
    const next = nextTimerAt(this.#db);
    if (next === this.#armed) return;
    this.#armed = next;
    // A failed write breaks the object through the output gate; there is nothing to do about it here.
    if (next === null) void this.#alarm.deleteAlarm();
    else void this.#alarm.setAlarm(next);
  }

  /**
   * Looks at everything due. `run` handles timers in one transaction, which also removes them; it may stop before the last of them, and it
   * may throw, and then none of them was handled.
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
      // The ticks that were only written down: nobody waits for another alarm when there are few.
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
        // One of them is to blame: each gets its own transaction.
      } else for (const one of group) this.#run([one], input);
    }
  }
}

interface FireInput {
  readonly now: number;
  /** Milliseconds that have passed since some moment. */
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

/** In order. */
function groupsOf(timers: readonly Timer[]): Timer[][] {
  const groups: Timer[][] = [];
  for (const timer of timers) {
    const last = groups.at(-1);
    if (traitsOf(timer).isGrouped && last?.[0]?.kind === timer.kind && last.length < GROUP) last.push(timer);
    else groups.push([timer]);
  }
  return groups;
}
