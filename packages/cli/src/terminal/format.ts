/** Numbers and times in cells and lines of the terminal: an unknown value is an empty text, times are in the zone of this machine. */
import { formatShortDuration } from "@headgate/shared/format/duration.ts";
import { formatCount } from "@headgate/shared/format/number.ts";
import { formatClock, formatTimestamp } from "@headgate/shared/format/time.ts";

export function durationText(ms: number | null): string {
  return ms === null ? "" : formatShortDuration(ms);
}

export function secondsText(ms: number | null): string {
  return ms === null ? "" : (ms / 1000).toFixed(2);
}

export function countText(count: number | null): string {
  return count === null ? "" : formatCount(count);
}

/** `2025-01-05 14:03:22`. */
export function timeText(at: number | null): string {
  return at === null ? "" : formatTimestamp(at, localZone());
}

/** `14:03:22`. */
export function clockText(at: number): string {
  return formatClock(at, { zone: localZone(), locale: "en" });
}

/** The zone of this machine, e.g. `Europe/Berlin`. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
