/** Every kind of timer, and what the clock means for it. What is done when its time comes stands in `fire-timers.ts`. */

export interface TimerTraits {
  /**
   * `delay`: set to "so long from now", so it moves when the clock is set back. `time`: set to a time of day, or a time limit of what runs,
   * which rather ends late than too early.
   */
  readonly setTo: "delay" | "time";
  /** Thousands of them may be due at once: a group of them shares a transaction. */
  readonly isGrouped?: true;
  /** What handling it costs an alarm, in units of the cheapest. Default 10. */
  readonly cost?: number;
}

export const TIMER_KINDS = {
  lease_check: { setTo: "delay" },
  step_retry: { setTo: "delay" },
  step_timeout: { setTo: "time" },
  run_timeout: { setTo: "time" },
  cancel_grace: { setTo: "delay" },
  // Its ticks are only written down.
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
