/** Where does each daily partition stand in a calendar: one column a week, one row a weekday, months named above? Pure; days are UTC civil days. */
import type { PartitionStatusView } from "@headgate/shared/contract/assets/asset-views.ts";

export type PartitionItem = PartitionStatusView["items"][number];
export interface CalendarCell<T> {
  readonly item: T;
  /** 0: the oldest week. */
  readonly week: number;
  /** 0: Monday. */
  readonly weekday: number;
}
export interface Calendar<T> {
  readonly cells: readonly CalendarCell<T>[];
  readonly weeks: number;
  readonly months: readonly { readonly week: number; readonly year: number; readonly month: number }[];
}

const DAY = 86_400_000;

/** Only for keys that begin with a date (`2026-11-22`); others have no place in a calendar. */
export function layOutCalendar<T extends { readonly key: string }>(items: readonly T[]): Calendar<T> | null {
  const dated = items.map((item) => ({ item, day: civilDay(item.key) })).sort((a, b) => a.day - b.day);
  const [first] = dated;
  const last = dated.at(-1);
  if (!first || !last || dated.some(({ day }) => Number.isNaN(day))) return null;
  const monday = first.day - weekdayOf(first.day);
  const cells = dated.map(({ item, day }) => ({ item, week: Math.floor((day - monday) / 7), weekday: weekdayOf(day) }));
  return { cells, weeks: Math.floor((last.day - monday) / 7) + 1, months: monthsBetween(monday, last.day) };
}

function civilDay(key: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(key);
  return match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) / DAY : Number.NaN;
}

/** Day 0 of the epoch was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function monthsBetween(monday: number, last: number): Calendar<unknown>["months"] {
  const months: { week: number; year: number; month: number }[] = [];
  for (let week = 0; monday + week * 7 <= last; week++) {
    // The week in which a month begins carries its name.
    for (let weekday = 0; weekday < 7; weekday++) {
      const date = new Date((monday + week * 7 + weekday) * DAY);
      if (date.getUTCDate() === 1) months.push({ week, year: date.getUTCFullYear(), month: date.getUTCMonth() });
    }
  }
  return months;
}
