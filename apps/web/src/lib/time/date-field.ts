/** Converts between the text of a date field, which is civil time, and an instant in a zone. Pure. */
import { endOfGap, findZone, instantsOf } from "@headgate/shared/domain/cron/zone.ts";

const FIELD = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/;

/** Parses `2026-11-23T02:00`; null for anything else. A time skipped by daylight saving becomes the first one after the gap. */
export function instantOfField(text: string, zone: string): number | null {
  const match = FIELD.exec(text);
  const found = findZone(zone);
  if (!match || !found.ok) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map((part) => Number(part ?? 0));
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return instantsOf(found.value, wall)[0] ?? endOfGap(found.value, wall);
}

export function fieldOfInstant(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: string) => parts.find((entry) => entry.type === type)?.value ?? "00";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}
