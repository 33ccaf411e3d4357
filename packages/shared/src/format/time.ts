/** Moments as text: relative for reading, absolute with the name of their zone for certainty. The zone is always an argument. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `12 min ago`, `in 3 h`. */
export function formatRelative(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 10_000) return at > now + 1000 ? "in a moment" : "just now";
  const text = relativeAmount(distance);
  return at > now ? `in ${text}` : `${text} ago`;
}

/** Without direction, for "since" and "for". */
export function relativeAmount(distance: number): string {
  if (distance < MINUTE) return `${Math.round(distance / 1000)} s`;
  if (distance < HOUR) return `${Math.floor(distance / MINUTE)} min`;
  if (distance < 2 * DAY) return `${Math.floor(distance / HOUR)} h`;
  if (distance < 60 * DAY) return `${Math.floor(distance / DAY)} d`;
  if (distance < 730 * DAY) return `${Math.floor(distance / (30.44 * DAY))} months`;
  return `${Math.floor(distance / (365.25 * DAY))} years`;
}

export interface TimeStyle {
  readonly zone: string;
  readonly locale?: string | undefined;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter costs more than using it a thousand times, so each is kept. Hours run from 0 to 23 in every language, so that axes, lists and logs agree. */
function formatter(name: string, style: TimeStyle, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${name}|${style.zone}|${style.locale ?? ""}`;
  let made = formatters.get(id);
  if (!made) {
    made = new Intl.DateTimeFormat(style.locale, { ...options, hourCycle: "h23", timeZone: style.zone });
    formatters.set(id, made);
  }
  return made;
}

/** `23 Nov 2026, 03:47:12 UTC`. */
export function formatAbsolute(at: number, style: TimeStyle): string {
  const options = {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  } as const;
  return formatter("absolute", style, options).format(at);
}

/** `23 Nov, 03:47`: for lists whose heading names the zone. */
export function formatShort(at: number, style: TimeStyle): string {
  return formatter("short", style, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }).format(at);
}

/** `23 Nov, 03:47:12`: for lists of what happens several times a minute. */
export function formatPrecise(at: number, style: TimeStyle): string {
  const options = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return formatter("precise", style, options).format(at);
}

/** `03:47:12`, or with milliseconds for logs. */
export function formatClock(at: number, style: TimeStyle & { readonly milliseconds?: boolean | undefined }): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return style.milliseconds
    ? formatter("clock-ms", style, { ...options, fractionalSecondDigits: 3 }).format(at)
    : formatter("clock", style, options).format(at);
}

/** The zone's short name at that instant: `UTC`, `CET`, `GMT+5:30`. */
export function zoneName(at: number, style: TimeStyle): string {
  const parts = formatter("zone", style, { hour: "2-digit", timeZoneName: "short" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? style.zone;
}

/** `2025-01-05 14:03:22`: sorts as text and reads the same in every language; for tables on the terminal. */
export function formatTimestamp(at: number, zone: string): string {
  const style = { zone, locale: "en" };
  const parts = formatter("day", style, { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((candidate) => candidate.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")} ${formatClock(at, style)}`;
}
