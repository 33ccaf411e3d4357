/**
 * Numbers ticks from the first. Counts per local day are summed up once, as far as a caller asked, so that the number
 * of partitions, the n-th partition and the partition of an instant need no walk over all of them.
 */
import { DAY_MS } from "../cron/zone.ts";
import { dayOf, firesOn, isNearChange, plainTick, plainTicksBefore, ticksOfDay, type DayNumber } from "../cron/days.ts";
import { nextTick, tickAtOrAfter, tickAtOrBefore, ticksBackFrom, type CronInZone } from "../cron/next.ts";

const HOUR_MS = 3_600_000;
/** Nothing is counted more than three hundred years after the first tick. */
const MAX_DAYS = 300 * 366;

export interface TickIndex {
  /** Tick number 0. */
  readonly first: number;
  /** Null when it would lie beyond any sensible time. Negative numbers lie before the first. */
  tickAt(index: number): number | null;
  /** How many ticks lie between the first and this instant, itself not counted; at least 0. */
  countBefore(instant: number): number;
  /** How many ticks lie at or after this instant and before the first, counted up to `limit`. */
  countBackTo(instant: number, limit: number): number;
  /** The tick at or before an instant, excluded ticks and those before the first included. */
  rawAtOrBefore(instant: number): number;
  rawAtOrAfter(instant: number): number;
  /** Where the window that begins at this tick ends. */
  endOf(tick: number): number;
}

/** Once an hour: steps of one hour from the first, so that half-hour changes of the clock move the minute, as in Dagster. */
export function hourlyTicks(first: number): TickIndex {
  const rawAtOrBefore = (instant: number) => first + Math.floor((instant - first) / HOUR_MS) * HOUR_MS;
  const rawAtOrAfter = (instant: number) => first + Math.ceil((instant - first) / HOUR_MS) * HOUR_MS;
  return {
    first,
    tickAt: (index) => first + index * HOUR_MS,
    countBefore: (instant) => Math.max(0, Math.ceil((instant - first) / HOUR_MS)),
    countBackTo: (instant, limit) => Math.min(limit, Math.max(0, Math.floor((first - instant) / HOUR_MS))),
    rawAtOrBefore,
    rawAtOrAfter,
    endOf: (tick) => tick + HOUR_MS,
  };
}

export interface CronTicks {
  readonly schedule: CronInZone;
  /** Must be a tick of the schedule that is not excluded. */
  readonly first: number;
  readonly isExcluded: ((tick: number) => boolean) | null;
}

export function cronTicks({ schedule, first, isExcluded }: CronTicks): TickIndex {
  const { cron, zone } = schedule;
  const firstDay = dayOf(zone, first);
  /** `before[d]`: ticks from the first up to the beginning of day `firstDay - 1 + d`. */
  const before: number[] = [0];
  /** Days around a change of the clock are sorted as one; the first of them holds all ticks, the others none. */
  const blocks = new Map<number, readonly number[]>();

  const ticksOn = (position: number): readonly number[] => {
    const day = firstDay - 1 + position;
    const block = blocks.get(day);
    if (block) return block;
    return keep(ticksOfDay(cron, zone, day));
  };
  /** A day after the first, without exclusions and far from a change of the clock: its ticks are arithmetic. */
  const isPlain = (day: DayNumber) => !isExcluded && day > firstDay && !blocks.has(day);
  /** Like `ticksOn(...).length`, without making the list where every day that fires has the same number. */
  const countOn = (position: number): number => {
    const day = firstDay - 1 + position;
    if (!isPlain(day)) return ticksOn(position).length;
    return firesOn(cron, day) ? cron.hours.length * cron.minutes.length : 0;
  };
  const keep = (ticks: number[]) => ticks.filter((tick) => tick >= first && !(isExcluded?.(tick) ?? false));
  const extend = () => {
    const day = firstDay - 1 + before.length - 1;
    if (!blocks.has(day) && isNearChange(zone, day)) {
      const ticks = ticksOfDay(cron, zone, day);
      for (let next = day + 1; isNearChange(zone, next); next++) {
        ticks.push(...ticksOfDay(cron, zone, next));
        blocks.set(next, []);
      }
      blocks.set(day, keep([...new Set(ticks)].sort((a, b) => a - b)));
    }
    before.push((before.at(-1) ?? 0) + countOn(before.length - 1));
  };
  /** The day that holds tick number `index`. */
  const positionOf = (index: number): number | null => {
    while ((before.at(-1) ?? 0) <= index) {
      if (before.length > MAX_DAYS) return null;
      extend();
    }
    let low = 0;
    let high = before.length - 1;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if ((before[middle] ?? 0) <= index) low = middle;
      else high = middle;
    }
    return low;
  };
  const rawAtOrBefore = (instant: number) => tickAtOrBefore(schedule, instant) ?? -Infinity;
  const rawAtOrAfter = (instant: number) => tickAtOrAfter(schedule, instant) ?? Infinity;

  return {
    first,
    tickAt(index) {
      if (index < 0) return nthBack({ schedule, first, isExcluded }, -index);
      const position = positionOf(index);
      if (position === null) return null;
      const [day, rest] = [firstDay - 1 + position, index - (before[position] ?? 0)];
      return isPlain(day) ? plainTick(schedule, day, rest) : (ticksOn(position)[rest] ?? null);
    },
    countBefore(instant) {
      if (instant <= first) return 0;
      const target = Math.min(Math.floor((instant + zone.offsetAt(instant)) / DAY_MS) - firstDay + 1, MAX_DAYS);
      while (before.length <= target + 1) extend();
      // Inside a block of merged days the ticks sit at its first day.
      let position = target;
      while (position > 0 && blocks.has(firstDay - 1 + position) && blocks.has(firstDay - 2 + position)) position--;
      let count = before[position] ?? 0;
      const day = firstDay - 1 + position;
      if (isPlain(day)) return count + (firesOn(cron, day) ? plainTicksBefore(schedule, day, instant) : 0);
      for (const tick of ticksOn(position)) if (tick < instant) count++;
      return count;
    },
    countBackTo(instant, limit) {
      let count = 0;
      for (const tick of ticksBackFrom(schedule, first - 1)) {
        if (tick < instant || count >= limit) break;
        if (!(isExcluded?.(tick) ?? false)) count++;
      }
      return count;
    },
    rawAtOrBefore,
    rawAtOrAfter,
    endOf: (tick) => nextTick(schedule, tick) ?? Infinity,
  };
}

function nthBack({ schedule, first, isExcluded }: CronTicks, count: number): number | null {
  let left = count;
  for (const tick of ticksBackFrom(schedule, first - 1)) {
    if (isExcluded?.(tick) ?? false) continue;
    if (--left === 0) return tick;
  }
  return null;
}
