/** Durations as users write them: seconds, or a text such as `"30s"`, `"5m"`, `"2h"`, `"1d"`. */
export type Duration = number | `${number}s` | `${number}m` | `${number}h` | `${number}d`;

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** NaN for what cannot be read: the indexer reports it with its place. */
export function secondsOf(duration: Duration): number {
  if (typeof duration === "number") return duration;
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(duration) ?? [];
  return unit === "s" || unit === "m" || unit === "h" || unit === "d" ? Number(count) * SECONDS[unit] : Number.NaN;
}
