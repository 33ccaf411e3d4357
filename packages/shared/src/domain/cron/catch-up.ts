/**
 * Finds the ticks of a schedule that are due, and the next ones. A schedule has one or more crons; after a time in which the control plane
 * did not run, its policy says how many of the missed ticks are still wanted.
 */
import { assertNever } from "../assert.ts";
import { ok, refuse, type Result } from "../errors.ts";
import { nextTick, ticksBackFrom, ticksFrom } from "./next.ts";
import { parseCron, type CronExpression } from "./parse.ts";
import { findZone, type Zone } from "./zone.ts";

export type CatchUpPolicy =
  /** Only a tick that is looked at in time, within `toleranceMs`. */
  | { readonly type: "none"; readonly toleranceMs?: number | undefined }
  | { readonly type: "latest" }
  | { readonly type: "last"; readonly count: number }
  /** Every missed tick that is at most so old. */
  | { readonly type: "within"; readonly ms: number };

export interface DueTicks {
  /** In order. */
  readonly ticks: readonly number[];
  /** Missed ticks that the policy gives up, counted up to `MAX_COUNTED`. */
  readonly dropped: number;
}

export interface CronSchedule {
  readonly crons: readonly CronExpression[];
  readonly zone: Zone;
}

/** A daemon that looks once a minute is in time. */
const DEFAULT_TOLERANCE_MS = 60_000;
/** A month of minutes; more would be a flood of runs, whatever the policy says. */
export const MAX_CATCH_UP = 44_640;
const MAX_COUNTED = 100_000;

export function openSchedule(crons: readonly string[], timezone: string): Result<CronSchedule> {
  if (crons.length === 0) return refuse("invalid_input", 'A schedule needs at least one cron expression, e.g. "0 2 * * *".');
  const zone = findZone(timezone);
  if (!zone.ok) return zone;
  const parsed: CronExpression[] = [];
  for (const text of crons) {
    const cron = sharedCron(text);
    if (!cron.ok) return cron;
    parsed.push(cron.value);
  }
  return ok({ crons: parsed, zone: zone.value });
}

const MAX_SHARED = 500;
const shared = new Map<string, CronExpression>();

/** Many schedules have the same expression; as one object they also share the days that were looked at. */
function sharedCron(text: string): Result<CronExpression> {
  const known = shared.get(text);
  if (known) return ok(known);
  const cron = parseCron(text);
  if (!cron.ok) return cron;
  if (shared.size >= MAX_SHARED) shared.clear();
  shared.set(text, cron.value);
  return cron;
}

/** The next ticks after an instant, each once though two crons may share it. */
export function upcomingTicks(schedule: CronSchedule, after: number, limit: number): number[] {
  const streams = schedule.crons.map((cron) => ticksFrom({ cron, zone: schedule.zone }, after + 1));
  return merged(streams, { limit, direction: 1 });
}

export function nextTickOf({ crons, zone }: CronSchedule, after: number): number | null {
  const ticks = crons.map((cron) => nextTick({ cron, zone }, after)).filter((tick) => tick !== null);
  return ticks.length === 0 ? null : Math.min(...ticks);
}

/** Ticks with `after < tick <= now` that the policy wants. */
export function dueTicks(schedule: CronSchedule, span: { readonly after: number; readonly now: number }, policy: CatchUpPolicy): DueTicks {
  const { after, now } = span;
  const wanted = wantedOf(policy, now);
  const ticks: number[] = [];
  let dropped = 0;
  for (const tick of backwards(schedule, now)) {
    if (tick <= after || dropped >= MAX_COUNTED) break;
    if (tick > wanted.newerThan && ticks.length < wanted.count) ticks.push(tick);
    else dropped++;
  }
  return { ticks: ticks.reverse(), dropped };
}

function wantedOf(policy: CatchUpPolicy, now: number): { readonly count: number; readonly newerThan: number } {
  switch (policy.type) {
    case "none":
      return { count: 1, newerThan: now - (policy.toleranceMs ?? DEFAULT_TOLERANCE_MS) };
    case "latest":
      return { count: 1, newerThan: -Infinity };
    case "last":
      return { count: Math.min(Math.max(0, policy.count), MAX_CATCH_UP), newerThan: -Infinity };
    case "within":
      // A tick exactly as old as the limit is still wanted.
      return { count: MAX_CATCH_UP, newerThan: now - policy.ms - 1 };
    default:
      return assertNever(policy);
  }
}

function* backwards({ crons, zone }: CronSchedule, now: number): Generator<number, void> {
  const streams = crons.map((cron) => ticksBackFrom({ cron, zone }, now));
  yield* each(streams, -1);
}

function merged(streams: readonly Generator<number, void>[], how: { readonly limit: number; readonly direction: 1 | -1 }): number[] {
  const ticks: number[] = [];
  for (const tick of each(streams, how.direction)) {
    if (ticks.length >= how.limit) break;
    ticks.push(tick);
  }
  return ticks;
}

/** All streams as one, in order, equal ticks once. */
function* each(streams: readonly Generator<number, void>[], direction: 1 | -1): Generator<number, void> {
  const heads = streams.map((stream) => ({ stream, value: stream.next().value ?? null }));
  for (;;) {
    let next: number | null = null;
    for (const { value } of heads) if (value !== null && (next === null || (value - next) * direction < 0)) next = value;
    if (next === null) return;
    yield next;
    for (const head of heads) if (head.value === next) head.value = head.stream.next().value ?? null;
  }
}
