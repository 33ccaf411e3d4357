/** All kinds of timers and their traits. `fire-timers.ts` has their handlers. */

export interface TimerTraits {
  /**
   * `delay`: set to a delay from now, so it moves when the clock is set back. `time`: set to a time of day, or to a time limit, which should
   * end too late rather than too early.
   */
  readonly setTo: "delay" | "time";
  /** Thousands may be due at once, so groups of them share a transaction. */
  readonly isGrouped?: true;
  /** The cost of handling one, relative to the cheapest kind. Default: 10. */
  readonly cost?: number;
}

export const TIMER_KINDS = {
  lease_check: { setTo: "delay" },
  step_retry: { setTo: "delay" },
  step_timeout: { setTo: "time" },
  run_timeout: { setTo: "time" },
  cancel_grace: { setTo: "delay" },
  // Only stores the due ticks.
  schedule: { setTo: "time", isGrouped: true, cost: 1 },
  tick: { setTo: "delay", isGrouped: true },
  sensor: { setTo: "delay" },
  tick_timeout: { setTo: "delay" },
  sensor_event: { setTo: "delay" },
  condition: { setTo: "time" },
  freshness: { setTo: "time" },
  backfill: { setTo: "delay" },
  run_retry: { setTo: "delay" },
  start_timeout: { setTo: "delay" },
  pause_end: { setTo: "time" },
  retention: { setTo: "time" },
  outbox: { setTo: "delay" },
} as const satisfies Record<string, TimerTraits>;

export type TimerKind = keyof typeof TIMER_KINDS;
