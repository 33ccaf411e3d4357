/** Durations as users write them, everywhere where an option is a time. */

/**
 * A length of time: a number of seconds, or a text such as `"30s"`, `"5m"`, `"2h"` or `"1d"`. Fractions are allowed.
 *
 * @example
 * defineAsset({ key: "bronze/orders", timeout: "10m", retry: { maxRetries: 2, delay: 5 }, run });
 */
export type Duration = number | `${number}s` | `${number}m` | `${number}h` | `${number}d`;

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** For messages: what a duration may be. */
export const DURATION_FORMS = `a number of seconds or a text such as "30s" or "5m"`;

/** NaN for what cannot be read: the caller reports it with its place. */
export function secondsOf(duration: Duration): number {
  if (typeof duration === "number") return duration;
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(duration) ?? [];
  return unit === "s" || unit === "m" || unit === "h" || unit === "d" ? Number(count) * SECONDS[unit] : Number.NaN;
}

/** For options that are read when a program runs. Throws when the duration cannot be read. */
export function millisecondsOf(duration: Duration, option: string): number {
  const seconds = secondsOf(duration);
  if (seconds >= 0) return seconds * 1000;
  throw new TypeError(`'${option}' is ${JSON.stringify(duration)}, which is no duration: write seconds, or "30s", "15m", "2h".`);
}

/** For options of definitions: seconds for the manifest. What cannot be read is reported. */
export function secondsIn(duration: Duration | undefined, option: string, report: (message: string) => void): number | undefined {
  if (duration === undefined) return undefined;
  const seconds = secondsOf(duration);
  if (!Number.isNaN(seconds)) return seconds;
  report(`'${option}' must be ${DURATION_FORMS}.`);
  return undefined;
}
