/** The time at which a failed step is tried again, by Dagster's arithmetic: attempt n waits n·d (linear), (2ⁿ − 1)·d (exponential) or d, then jitter. */
import { assertNever } from "../assert.ts";
import type { RetryPolicy } from "./retry-policy.ts";

/**
 * Milliseconds to wait after failed attempt number `attempt` (the first attempt is 1), or null when no retry is left.
 * `random01` is a random number in [0, 1).
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random01: number): number | null {
  if (attempt > policy.maxRetries) return null;
  const base = (policy.delaySeconds ?? 0) * 1000;
  const delay = backedOff(policy.backoff ?? "none", base, attempt);
  return Math.max(0, Math.round(jittered(policy.jitter ?? "none", { delay, base, random01 })));
}

function backedOff(backoff: NonNullable<RetryPolicy["backoff"]>, base: number, attempt: number): number {
  switch (backoff) {
    case "none":
      return base;
    case "linear":
      return base * attempt;
    case "exponential":
      // Capped at a week: 2^100 seconds is not a time anybody can wait for, and it would overflow timers.
      return Math.min(base * (2 ** attempt - 1), 7 * 86_400_000);
    default:
      return assertNever(backoff);
  }
}

function jittered(jitter: NonNullable<RetryPolicy["jitter"]>, input: { delay: number; base: number; random01: number }): number {
  switch (jitter) {
    case "none":
      return input.delay;
    case "full":
      return input.random01 * input.delay;
    case "plus_minus":
      return input.delay + (2 * input.random01 - 1) * input.base;
    default:
      return assertNever(jitter);
  }
}
