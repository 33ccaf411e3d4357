/**
 * Converts instants to wall times of a zone, and wall times to the instants that they mean. Offsets come from the runtime's time zone
 * data; changes of the offset are searched once for each zone and year and kept, because asking the runtime costs microseconds each time.
 */
import { ok, refuse, type Result } from "../errors.ts";
import { shortened } from "../shortened.ts";

/** A wall time is kept as the milliseconds that the same digits would be in UTC. */
export type WallMs = number;

export interface ZoneChange {
  /** The first instant of the new offset. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

export interface Zone {
  readonly name: string;
  /** Milliseconds to add to an instant to get the wall time. */
  offsetAt(instant: number): number;
  /** Changes with `from < at <= to`, in order. */
  changesBetween(from: number, to: number): readonly ZoneChange[];
}

export const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const MAX_CACHED = 1000;
const cache = new Map<string, Zone>();

export function findZone(name: string): Result<Zone> {
  const known = cache.get(name);
  if (known) return ok(known);
  let zone: Zone;
  try {
    zone = name === "UTC" || name === "Etc/UTC" ? fixedZone(name) : changingZone(name);
  } catch {
    return refuse("invalid_input", `There is no time zone "${shortened(name)}". Use an IANA name such as Europe/Berlin or UTC.`, {
      timezone: shortened(name),
    });
  }
  // The runtime knows a few hundred zones, but takes each in any mixture of cases.
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(name, zone);
  return ok(zone);
}

/** Instants whose wall time is this one: none inside a gap, two where the clock was turned back. */
export function instantsOf(zone: Zone, wall: WallMs): number[] {
  const early = wall - zone.offsetAt(wall - DAY_MS);
  const late = wall - zone.offsetAt(wall + DAY_MS);
  const candidates = early === late ? [early] : [early, late];
  for (const change of zone.changesBetween(wall - DAY_MS, wall + DAY_MS)) candidates.push(wall - change.before, wall - change.after);
  return [...new Set(candidates)].filter((instant) => instant + zone.offsetAt(instant) === wall).sort((a, b) => a - b);
}

/** The end of the gap in which a wall time lies that does not exist. */
export function endOfGap(zone: Zone, wall: WallMs): number | null {
  for (const change of zone.changesBetween(wall - 2 * DAY_MS, wall + 2 * DAY_MS)) {
    if (wall >= change.at + change.before && wall < change.at + change.after) return change.at;
  }
  return null;
}

function fixedZone(name: string): Zone {
  return { name, offsetAt: () => 0, changesBetween: () => [] };
}

function changingZone(name: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const years = new Map<number, { readonly offset: number; readonly changes: readonly ZoneChange[] }>();
  const year = (number: number) => {
    const known = years.get(number);
    if (known) return known;
    const made = searchYear(format, number);
    years.set(number, made);
    return made;
  };
  return {
    name,
    offsetAt(instant) {
      const { offset, changes } = year(yearOf(instant));
      let current = offset;
      for (const change of changes) {
        if (change.at > instant) break;
        current = change.after;
      }
      return current;
    },
    changesBetween(from, to) {
      const found: ZoneChange[] = [];
      const last = yearOf(to);
      for (let number = yearOf(from); number <= last; number++) {
        for (const change of year(number).changes) if (change.at > from && change.at <= to) found.push(change);
      }
      return found;
    },
  };
}

/** Looks once a week, because Morocco changes twice within five, and then halves down to the second. */
function searchYear(format: Intl.DateTimeFormat, year: number): { offset: number; changes: ZoneChange[] } {
  // A second before the year, so that a change at its very first instant belongs to it.
  const start = Date.UTC(year, 0, 1) - 1000;
  const end = Date.UTC(year + 1, 0, 1) - 1000;
  const changes: ZoneChange[] = [];
  const offset = askOffset(format, start);
  let left = start;
  let before = offset;
  while (left < end) {
    const right = Math.min(left + WEEK_MS, end);
    const after = askOffset(format, right);
    if (after !== before) changes.push({ at: searchChange(format, { left, right, before }), before, after });
    before = after;
    left = right;
  }
  return { offset, changes };
}

function searchChange(format: Intl.DateTimeFormat, range: { left: number; right: number; before: number }): number {
  let { left, right } = range;
  while (right - left > 1000) {
    const middle = left + Math.floor((right - left) / 2000) * 1000;
    if (askOffset(format, middle) === range.before) left = middle;
    else right = middle;
  }
  return right;
}

function askOffset(format: Intl.DateTimeFormat, instant: number): number {
  const parts: Record<string, number> = {};
  for (const part of format.formatToParts(instant)) parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

function yearOf(instant: number): number {
  return new Date(instant + 1000).getUTCFullYear();
}
