/** How long to wait before the next connection attempt: full jitter, so that agents do not return together after a deploy. */
export interface BackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/** `attempt` counts failed connections in a row, from 0; `random` is in [0, 1). */
export function backoffMs(attempt: number, random: number, { minMs, maxMs }: BackoffLimits): number {
  return Math.floor(random * Math.min(maxMs, minMs * 2 ** Math.min(attempt + 1, 20)));
}
