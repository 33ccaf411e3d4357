/** All kinds of timers and their traits. `fire-timers.ts` has their handlers. */
import { LEASE_MS, PING_INTERVAL_MS } from "@headgate/shared/protocol/constants.ts";

/** A timer that comes this much later was delayed by the object itself. */
export const LATE_MS = 5_000;

export interface TimerTraits {
  /**
   * `delay`: set to a delay from now, so it moves when the clock is set back. `time`: set to a time of day, or to a time limit, which should
   * end too late rather than too early.
   */
  readonly setTo: "delay" | "time";
  /**
   * Judges an agent by what it has not said. If the timer comes late, the object was busy or did not run, and what the agent said meanwhile
   * may still wait to be read. Then the agent gets this many milliseconds more.
   */
  readonly judgesSilence?: number;
  /** Thousands may be due at once, so groups of them share a transaction. */
  readonly isGrouped?: true;
  /** The cost of handling one, relative to the cheapest kind. Default: 10. */
  readonly cost?: number;
}

export const TIMER_KINDS = {
  lease_check: { setTo: "delay", judgesSilence: LEASE_MS },
  step_retry: { setTo: "delay" },
  step_timeout: { setTo: "time", judgesSilence: PING_INTERVAL_MS },
  run_timeout: { setTo: "time" },
  cancel_grace: { setTo: "delay" },
  // Only stores the due ticks.
  schedule: { setTo: "time", isGrouped: true, cost: 1 },
  tick: { setTo: "delay", isGrouped: true },
  sensor: { setTo: "delay" },
  tick_timeout: { setTo: "delay", judgesSilence: PING_INTERVAL_MS },
  sensor_event: { setTo: "delay" },
  condition: { setTo: "time" },
  freshness: { setTo: "time" },
  backfill: { setTo: "delay" },
  run_retry: { setTo: "delay" },
  start_timeout: { setTo: "delay", judgesSilence: PING_INTERVAL_MS },
  pause_end: { setTo: "time" },
  retention: { setTo: "time" },
  outbox: { setTo: "delay" },
} as const satisfies Record<string, TimerTraits>;

export type TimerKind = keyof typeof TIMER_KINDS;
