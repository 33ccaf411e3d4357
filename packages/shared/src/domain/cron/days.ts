/**
 * Finds the instants of one local day at which a cron expression fires. Days far from a change of the clock are plain arithmetic. Near one:
 * with `*` as hour, wall times that do not exist are skipped and repeated ones fire twice; otherwise a wall time in the gap fires at the
 * end of the gap, and a repeated one fires once, the second time.
 */
import type { CronExpression } from "./parse.ts";
import { DAY_MS, endOfGap, instantsOf, type Zone } from "./zone.ts";

/** Days since 1970-01-01 in the local calendar. */
export type DayNumber = number;

const MINUTE_MS = 60_000;

export function dayOf(zone: Zone, instant: number): DayNumber {
  return Math.floor((instant + zone.offsetAt(instant)) / DAY_MS);
}

export function firesOn(cron: CronExpression, day: DayNumber): boolean {
  const date = new Date(day * DAY_MS);
  if (!cron.months.includes(date.getUTCMonth() + 1)) return false;
  const byDay = cron.days && matchesDay(cron.days, date);
  const byWeekday = cron.weekdays && matchesWeekday(cron.weekdays, date);
  if (byDay === null) return byWeekday ?? true;
  // Both restricted: one of them is enough.
  return byDay || (byWeekday ?? false);
}

function matchesDay(days: NonNullable<CronExpression["days"]>, date: Date): boolean {
  return days.numbers.includes(date.getUTCDate()) || (days.last && date.getUTCDate() === lengthOfMonth(date));
}

function matchesWeekday(weekdays: NonNullable<CronExpression["weekdays"]>, date: Date): boolean {
  const weekday = date.getUTCDay();
  if (weekdays.numbers.includes(weekday)) return true;
  const which = Math.ceil(date.getUTCDate() / 7);
  return weekdays.nth.some(
    (entry) => entry.weekday === weekday && (entry.nth === -1 ? date.getUTCDate() + 7 > lengthOfMonth(date) : entry.nth === which),
  );
}

function lengthOfMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Is the clock changed so close to this day that plain arithmetic could be wrong? */
export function isNearChange(zone: Zone, day: DayNumber): boolean {
  return zone.changesBetween((day - 2) * DAY_MS, (day + 3) * DAY_MS).length > 0;
}

/** Tick number `index` of a day that is not near a change and on which the expression fires. */
export function plainTick({ cron, zone }: { readonly cron: CronExpression; readonly zone: Zone }, day: DayNumber, index: number): number {
  const hour = cron.hours[Math.floor(index / cron.minutes.length)] ?? 0;
  const minute = cron.minutes[index % cron.minutes.length] ?? 0;
  return startOf(zone, day) + (hour * 60 + minute) * MINUTE_MS;
}

/** How many ticks of such a day come before an instant. */
export function plainTicksBefore(
  { cron, zone }: { readonly cron: CronExpression; readonly zone: Zone },
  day: DayNumber,
  instant: number,
): number {
  const minutes = (instant - startOf(zone, day)) / MINUTE_MS;
  const hours = cron.hours.filter((hour) => (hour + 1) * 60 <= minutes).length;
  const hour = cron.hours[hours];
  const rest = hour === undefined ? 0 : cron.minutes.filter((minute) => hour * 60 + minute < minutes).length;
  return hours * cron.minutes.length + rest;
}

function startOf(zone: Zone, day: DayNumber): number {
  return day * DAY_MS - zone.offsetAt(day * DAY_MS);
}

/** In order. Ticks that belong to another local day, because this one does not exist, are left out. */
export function ticksOfDay(cron: CronExpression, zone: Zone, day: DayNumber): number[] {
  if (!firesOn(cron, day)) return [];
  const midnight = day * DAY_MS;
  if (!isNearChange(zone, day)) {
    const start = startOf(zone, day);
    return cron.hours.flatMap((hour) => cron.minutes.map((minute) => start + (hour * 60 + minute) * MINUTE_MS));
  }
  const ticks = new Set<number>();
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      for (const tick of ticksOfWall(cron, zone, midnight + (hour * 60 + minute) * MINUTE_MS)) {
        if (dayOf(zone, tick) === day) ticks.add(tick);
      }
    }
  }
  return [...ticks].sort((a, b) => a - b);
}

function ticksOfWall(cron: CronExpression, zone: Zone, wall: number): number[] {
  const instants = instantsOf(zone, wall);
  if (cron.everyHour) return instants;
  const last = instants.at(-1) ?? endOfGap(zone, wall);
  return last === null ? [] : [last];
}
