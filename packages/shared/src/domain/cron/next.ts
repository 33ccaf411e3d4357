/**
 * Finds when a cron expression fires next, or fired last. Walks local days, so a search costs nothing for hours and minutes that do
 * not match, and gives up after 41 years (29 February on a given weekday may take 40).
 */
import { dayOf, isNearChange, ticksOfDay, type DayNumber } from "./days.ts";
import type { CronExpression } from "./parse.ts";
import type { Zone } from "./zone.ts";

const SEARCH_DAYS = 41 * 366;
/** A search for the next or the last tick looks at yesterday, today and tomorrow. */
const RECENT_DAYS = 4;

export interface CronInZone {
  readonly cron: CronExpression;
  readonly zone: Zone;
}

/** The first tick at or after `from`. */
export function tickAtOrAfter(schedule: CronInZone, from: number): number | null {
  for (const tick of ticksFrom(schedule, from)) return tick;
  return null;
}

/** The first tick after `instant`. */
export function nextTick(schedule: CronInZone, instant: number): number | null {
  return tickAtOrAfter(schedule, instant + 1);
}

/** The last tick at or before `to`. */
export function tickAtOrBefore(schedule: CronInZone, to: number): number | null {
  for (const tick of ticksBackFrom(schedule, to)) return tick;
  return null;
}

/** The last tick before `instant`. */
export function previousTick(schedule: CronInZone, instant: number): number | null {
  return tickAtOrBefore(schedule, instant - 1);
}

/** Ticks with `from <= tick < to`, at most `limit` of them, the newest when there are more. */
export function ticksBetween(schedule: CronInZone, range: { from: number; to: number; limit: number }): number[] {
  const ticks: number[] = [];
  for (const tick of ticksBackFrom(schedule, range.to - 1)) {
    if (tick < range.from || ticks.length >= range.limit) break;
    ticks.push(tick);
  }
  return ticks.reverse();
}

/** All ticks at or after `from`, in order. Ends only when none comes for 41 years. */
export function* ticksFrom(schedule: CronInZone, from: number): Generator<number, void> {
  let day = dayOf(schedule.zone, from) - 1;
  let last = from - 1;
  let quiet = 0;
  while (quiet < SEARCH_DAYS) {
    const block = blockOf(schedule, day, 1);
    day = block.end + 1;
    quiet = block.ticks.length > 0 ? 0 : quiet + 1;
    for (const tick of block.ticks) {
      if (tick <= last) continue;
      yield tick;
      last = tick;
    }
  }
}

/** All ticks at or before `to`, newest first. */
export function* ticksBackFrom(schedule: CronInZone, to: number): Generator<number, void> {
  let day = dayOf(schedule.zone, to) + 1;
  let last = to + 1;
  let quiet = 0;
  while (quiet < SEARCH_DAYS) {
    const block = blockOf(schedule, day, -1);
    day = block.end - 1;
    quiet = block.ticks.length > 0 ? 0 : quiet + 1;
    for (let index = block.ticks.length - 1; index >= 0; index--) {
      const tick = block.ticks[index];
      if (tick === undefined || tick >= last) continue;
      yield tick;
      last = tick;
    }
  }
}

interface Block {
  /** In order. */
  readonly ticks: readonly number[];
  /** The last day of it in the direction of the search. */
  readonly end: DayNumber;
}

interface RecentBlock extends Block {
  readonly zone: Zone;
  readonly first: DayNumber;
  readonly direction: 1 | -1;
}

/** Newest last. The schedules of a deployment are asked again and again about the same few days. */
const recent = new WeakMap<CronExpression, RecentBlock[]>();

function blockOf({ cron, zone }: CronInZone, first: DayNumber, direction: 1 | -1): Block {
  const known = recent.get(cron) ?? [];
  const found = known.find((block) => block.first === first && block.direction === direction && block.zone === zone);
  if (found) return found;
  const block = { zone, first, direction, ...makeBlock({ cron, zone }, first, direction) };
  recent.set(cron, [...known.slice(1 - RECENT_DAYS), block]);
  return block;
}

/**
 * One day, or all days around a change of the clock together: there the ticks of two days can interleave (St John's turned its clock
 * back at 00:01), so they are sorted as one.
 */
function makeBlock({ cron, zone }: CronInZone, first: DayNumber, direction: 1 | -1): Block {
  const ticks = ticksOfDay(cron, zone, first);
  if (!isNearChange(zone, first)) return { ticks, end: first };
  let end = first;
  while (isNearChange(zone, end + direction)) {
    end += direction;
    ticks.push(...ticksOfDay(cron, zone, end));
  }
  return { ticks: [...new Set(ticks)].sort((a, b) => a - b), end };
}
