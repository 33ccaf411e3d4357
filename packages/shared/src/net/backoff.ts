/**
 * How long to wait before the next attempt. The longest wait doubles with each attempt, and the wait itself is random below it
 * ("full jitter"), so that many clients do not return together after a restart of the server.
 */
export interface BackoffBounds {
  /** Longest wait before the first retry, in milliseconds. */
  readonly firstMs: number;
  /** Longest wait before any retry, in milliseconds. */
  readonly maxMs: number;
  /** Share of the longest wait that is always waited, from 0 to 1. Default: 0. */
  readonly leastShare?: number | undefined;
}

/** Beyond this the power of two no longer matters: any real maximum is smaller. */
const MAX_DOUBLINGS = 30;

/** `attempt` counts earlier retries, from 0. `random` is in [0, 1). The answer is a whole number of milliseconds. */
export function backoffMs(attempt: number, random: number, { firstMs, maxMs, leastShare = 0 }: BackoffBounds): number {
  const longest = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, MAX_DOUBLINGS));
  return Math.floor(longest * (leastShare + (1 - leastShare) * random));
}
