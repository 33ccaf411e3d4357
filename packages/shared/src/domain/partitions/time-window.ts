/**
 * The windows, keys and numbers of time-window partitions. Windows lie between consecutive ticks of a cron expression in a zone; a
 * window exists once it has ended. Keys are the civil start of the window; the second of two equal ones gets the offset as its ending.
 */
import { ok, refuse, unwrap, type Result } from "../errors.ts";
import { ticksFrom, type CronInZone } from "../cron/next.ts";
import { parseCron, type CronExpression } from "../cron/parse.ts";
import { DAY_MS, endOfGap, findZone, instantsOf, type Zone } from "../cron/zone.ts";
import { parseCivilFormat, type CivilFormat } from "./civil-format.ts";
import type { TimeWindow, TimeWindowPartitions } from "./definition.ts";
import { readExclusions } from "./exclusions.ts";
import { cronTicks, hourlyTicks, type TickIndex } from "./tick-index.ts";
import { shortened } from "../shortened.ts";

export interface TimePartitions {
  readonly definition: TimeWindowPartitions;
  readonly cron: CronExpression;
  readonly zone: Zone;
  readonly ticks: TickIndex;
  /** How many windows exist at `now`. */
  countAt(now: number): number;
  /** Window number `index`, whether it exists yet or not; null far in the future. */
  windowAt(index: number): TimeWindow | null;
  keyAt(index: number): string | null;
  keyOfStart(start: number): string;
  /** -1 when no window, existing or future, has exactly this key. */
  indexOfKey(key: string): number;
  /** The window that contains an instant; -1 before the first, in an excluded window or after `end`. */
  indexAt(instant: number): number;
  /** The definition's start; the first window begins at or after it. */
  readonly start: number;
  /** Windows must end at or before this instant; Infinity without an end. */
  readonly end: number;
}

const DEFAULT_FORMAT = "%Y-%m-%d";
const HOURLY_FORMAT = "%Y-%m-%d-%H:%M";
/** A start, an end or an exclusion may also be written in one of these. */
const START_FORMATS = [DEFAULT_FORMAT, HOURLY_FORMAT, "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"].map(
  (format) => unwrap(parseCivilFormat(format)),
);
const MAX_CACHED = 1000;
const MAX_EXCLUDED = 10_000;
const MAX_END_OFFSET = 10_000;
/** Ticks are counted for three hundred years from the first; what begins earlier could not be counted up to now. */
const EARLIEST_START = Date.UTC(1800, 0, 1);
const LATEST_START = Date.UTC(2300, 0, 1);
const cache = new Map<string, TimePartitions>();

/** Kept by definition, because the counts per day inside are worth keeping. */
export function openTimePartitions(definition: TimeWindowPartitions): Result<TimePartitions> {
  const id = JSON.stringify(definition);
  const known = cache.get(id);
  if (known) return ok(known);
  const opened = open(definition);
  if (!opened.ok) return opened;
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(id, opened.value);
  return opened;
}

export function cronOf(definition: TimeWindowPartitions): string | null {
  const { cadence, minuteOffset: minute = 0, hourOffset: hour = 0 } = definition;
  switch (cadence) {
    case "hourly":
      return `${minute} * * * *`;
    case "daily":
      return `${minute} ${hour} * * *`;
    case "weekly":
      return `${minute} ${hour} * * ${definition.dayOffset ?? 0}`;
    case "monthly":
      return `${minute} ${hour} ${definition.dayOffset ?? 1} * *`;
    case "cron":
      return definition.cron ?? null;
    default:
      return cadence satisfies never;
  }
}

function open(definition: TimeWindowPartitions): Result<TimePartitions> {
  const cronText = cronOf(definition);
  if (cronText === null) return refuse("invalid_input", 'Partitions with cadence "cron" need a cron expression. Add `cron`.');
  const cron = parseCron(cronText);
  if (!cron.ok) return cron;
  if (Math.abs(definition.endOffset ?? 0) > MAX_END_OFFSET) {
    return refuse(
      "invalid_input",
      `An end offset of ${definition.endOffset ?? 0} windows is too large; at most ${MAX_END_OFFSET} are allowed.`,
    );
  }
  const zone = findZone(definition.timezone ?? "UTC");
  if (!zone.ok) return zone;
  const format = parseCivilFormat(definition.format ?? (definition.cadence === "hourly" ? HOURLY_FORMAT : DEFAULT_FORMAT));
  if (!format.ok) return format;
  const reader: Reader = { zone: zone.value, format: format.value };
  const start = readInstant(definition.start, reader);
  if (!start.ok) return start;
  if (start.value < EARLIEST_START || start.value >= LATEST_START) {
    return refuse("invalid_input", `Partitions cannot start at ${definition.start}. Choose a time between the years 1800 and 2300.`);
  }
  const end = definition.end === undefined ? ok(Infinity) : readInstant(definition.end, reader);
  if (!end.ok) return end;
  const schedule = { cron: cron.value, zone: zone.value };
  const exclusions = readExclusions(definition.exclusions ?? [], { zone: zone.value, read: (text) => readInstant(text, reader) });
  if (!exclusions.ok) return exclusions;
  const isExcluded = exclusions.value;
  const first = firstIncluded(schedule, start.value, isExcluded);
  if (first === null)
    return refuse(
      "invalid_input",
      `Cron "${cronText}" has no window after ${definition.start} that is not excluded, so there would be no partition.`,
    );
  const ticks = onceAnHour(cron.value) && !isExcluded ? hourlyTicks(first) : cronTicks({ schedule, first, isExcluded });
  return ok(timePartitions({ definition, cron: cron.value, reader, ticks, start: start.value, end: end.value, isExcluded }));
}

function firstIncluded(schedule: CronInZone, from: number, isExcluded: ((tick: number) => boolean) | null): number | null {
  let looked = 0;
  for (const tick of ticksFrom(schedule, from)) {
    if (!(isExcluded?.(tick) ?? false)) return tick;
    // Everything may be excluded, e.g. by the definition's own cron.
    if (++looked >= MAX_EXCLUDED) return null;
  }
  return null;
}

interface Reader {
  readonly zone: Zone;
  readonly format: CivilFormat;
}

function onceAnHour(cron: CronExpression): boolean {
  return cron.everyHour && cron.minutes.length === 1 && cron.days === null && cron.weekdays === null && cron.months.length === 12;
}

function readInstant(text: string, { zone, format }: Reader): Result<number> {
  for (const candidate of [format, ...START_FORMATS]) {
    const wall = candidate.read(text);
    if (wall !== null) return ok(firstInstant(zone, wall));
  }
  return refuse("invalid_input", `"${shortened(text)}" is not a time in the partitions' format "${format.text}".`, {
    text: shortened(text),
    format: format.text,
  });
}

function firstInstant(zone: Zone, wall: number): number {
  return instantsOf(zone, wall)[0] ?? endOfGap(zone, wall) ?? wall - zone.offsetAt(wall);
}

interface Parts {
  readonly definition: TimeWindowPartitions;
  readonly cron: CronExpression;
  readonly reader: Reader;
  readonly ticks: TickIndex;
  readonly start: number;
  readonly end: number;
  readonly isExcluded: ((tick: number) => boolean) | null;
}

function timePartitions({ definition, cron, reader, ticks, start, end, isExcluded }: Parts): TimePartitions {
  const { zone, format } = reader;
  const suffixed = cron.everyHour && format.hasHour;

  /** Windows that ended by `limit`; negative when the first is still that many windows away (counted up to `reach`). */
  const endedBy = (limit: number, reach: number) => {
    const last = ticks.rawAtOrBefore(limit);
    return last < ticks.first ? -ticks.countBackTo(last, reach) : ticks.countBefore(last);
  };
  const windowAt = (index: number): TimeWindow | null => {
    const start = index < 0 ? null : ticks.tickAt(index);
    if (start === null) return null;
    // Where nothing is excluded a window ends at the next one.
    return { start, end: (isExcluded ? null : ticks.tickAt(index + 1)) ?? ticks.endOf(start) };
  };
  const reachesFirst = (now: number, offset: number) => {
    let tick = ticks.rawAtOrAfter(now);
    const firstEnd = ticks.endOf(ticks.first);
    for (let step = 0; step < offset && tick < firstEnd; step++) tick = ticks.endOf(tick);
    return firstEnd <= tick;
  };
  const countAt = (now: number) => {
    const offset = definition.endOffset ?? 0;
    // Dropped are windows that ended lately; a definition whose end is long past keeps all of its own.
    if (offset <= 0) return Math.max(0, Math.min(endedBy(now, 1) + offset, endedBy(Math.min(now, end), 1)));
    const ended = endedBy(now, offset + 1);
    // Before the start, Dagster gives the first window already when it ends by the n-th tick after the next.
    const wanted = Math.max(ended < 0 && reachesFirst(now, offset) ? 1 : 0, ended + offset);
    const total = wanted > 0 && ticks.tickAt(wanted - 1) === null ? ticks.countBefore(LATEST_START) : wanted;
    const last = windowAt(total - 1);
    return last && last.end > end ? Math.max(0, Math.min(total, endedBy(end, 1))) : total;
  };
  const keyOfStart = (start: number) => {
    const offset = zone.offsetAt(start);
    const key = format.write(start + offset);
    return suffixed && isSecondOfTwo(zone, start) ? key + writeOffset(offset) : key;
  };
  const keyAt = (index: number) => {
    const start = index < 0 ? null : ticks.tickAt(index);
    return start === null ? null : keyOfStart(start);
  };
  const indexOfKey = (key: string) => {
    const instant = readKey(key, reader, suffixed);
    if (instant === null || instant < ticks.first - DAY_MS) return -1;
    const index = ticks.countBefore(instant);
    return keyAt(index) === key && (windowAt(index)?.end ?? Infinity) <= end ? index : -1;
  };
  const indexAt = (instant: number) => {
    const start = ticks.rawAtOrBefore(instant);
    if (start < ticks.first || (isExcluded?.(start) ?? false) || ticks.endOf(start) > end) return -1;
    return ticks.countBefore(start);
  };
  return { definition, cron, zone, ticks, countAt, windowAt, keyAt, keyOfStart, indexOfKey, indexAt, start, end };
}

function readKey(key: string, { zone, format }: Reader, suffixed: boolean): number | null {
  const wall = format.read(key);
  if (wall !== null) return firstInstant(zone, wall);
  const [, civil, sign, hours, minutes] = /^(.*)([+-])(\d{2})(\d{2})$/.exec(key) ?? [];
  if (!suffixed || civil === undefined) return null;
  const wallOfSecond = format.read(civil);
  if (wallOfSecond === null) return null;
  return wallOfSecond - (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function isSecondOfTwo(zone: Zone, start: number): boolean {
  if (zone.changesBetween(start - DAY_MS, start).length === 0) return false;
  return (instantsOf(zone, start + zone.offsetAt(start))[0] ?? start) < start;
}

function writeOffset(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  return `${offset < 0 ? "-" : "+"}${String(Math.floor(minutes / 60)).padStart(2, "0")}${String(minutes % 60).padStart(2, "0")}`;
}
