/** How often and how late a failed step is tried again; the arithmetic is in `retry.ts`. Dagster's `RetryPolicy`. */
export interface RetryPolicy {
  /** Retries after the first attempt; 0 means none. */
  readonly maxRetries: number;
  readonly delaySeconds?: number | undefined;
  readonly backoff?: "none" | "linear" | "exponential" | undefined;
  readonly jitter?: "none" | "full" | "plus_minus" | undefined;
}
