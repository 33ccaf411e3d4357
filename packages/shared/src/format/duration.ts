/**
 * Lengths of time, written with two units at most, so that a column of them can be scanned. There are two notations:
 * spelled-out units for sentences and pages (`3 min 05 s`), and the short units that the command line also reads (`3m 5s`).
 */
interface Notation {
  readonly units: { readonly ms: string; readonly s: string; readonly min: string; readonly h: string; readonly d: string };
  /** Minutes and seconds behind a larger unit always have two digits, so that numbers in a column line up. */
  readonly padded: boolean;
}

const SPELLED: Notation = { units: { ms: " ms", s: " s", min: " min", h: " h", d: " d" }, padded: true };
const SHORT: Notation = { units: { ms: "ms", s: "s", min: "m", h: "h", d: "d" }, padded: false };

/** `820 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`, `2 d 7 h`. */
export function formatDuration(ms: number): string {
  return written(ms, SPELLED);
}

/** `820ms`, `4.2s`, `3m 5s`, `2h 10m`, `2d 7h`: for the terminal. */
export function formatShortDuration(ms: number): string {
  return written(ms, SHORT);
}

/** A configured length, without its empty unit: `10 min`, `24 h`, `1 h 30 min`. */
export function formatSpan(ms: number): string {
  return formatDuration(ms)
    .replace(/ 0+ (?:s|min|h)$/, "")
    .replace(/^(\d+)\.0 s$/, "$1 s");
}

/** The same for the terminal: `10m`, `24h`, `1h 30m`, as `--for` and similar options read it. */
export function formatShortSpan(ms: number): string {
  return formatShortDuration(ms)
    .replace(/ 0[smh]$/, "")
    .replace(/^(\d+)\.0s$/, "$1s");
}

function written(ms: number, { units, padded }: Notation): string {
  const digits = (value: number): string => (padded ? String(value).padStart(2, "0") : String(value));
  if (ms < 1) return `<1${units.ms}`;
  if (ms < 1000) return `${Math.round(ms)}${units.ms}`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}${units.s}`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}${units.s}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${units.min} ${digits(seconds % 60)}${units.s}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}${units.h} ${digits(minutes % 60)}${units.min}`;
  return `${Math.floor(hours / 24)}${units.d} ${hours % 24}${units.h}`;
}
