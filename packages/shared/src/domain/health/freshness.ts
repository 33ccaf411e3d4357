/** Decides whether an asset is fresh enough, and when that changes next. Dagster's two policies; the exact time of the next change replaces polling. */
import { assertNever } from "../assert.ts";
import { nextTick, tickAtOrBefore, type CronInZone } from "../cron/next.ts";

export const FRESHNESS_STATES = ["fresh", "warning", "overdue", "unknown"] as const;
export type FreshnessState = (typeof FRESHNESS_STATES)[number];

export type FreshnessPolicy =
  /** Overdue when the last materialization is `failAfterMs` old. */
  | { readonly type: "time_window"; readonly failAfterMs: number; readonly warnAfterMs?: number | undefined }
  /** At each tick, a materialization must have happened at most `lowerBoundMs` before it, or since. */
  | { readonly type: "cron"; readonly deadline: CronInZone; readonly lowerBoundMs: number };

export interface Freshness {
  readonly state: FreshnessState;
  /** When to look again; null: only after the next materialization. */
  readonly changesAt: number | null;
}

export function freshnessOf(policy: FreshnessPolicy, lastMaterializedAt: number | null, now: number): Freshness {
  switch (policy.type) {
    case "time_window": {
      if (lastMaterializedAt === null) return { state: "unknown", changesAt: null };
      const overdueAt = lastMaterializedAt + policy.failAfterMs;
      const warnAt = policy.warnAfterMs === undefined ? overdueAt : lastMaterializedAt + policy.warnAfterMs;
      if (now >= overdueAt) return { state: "overdue", changesAt: null };
      return now >= warnAt ? { state: "warning", changesAt: overdueAt } : { state: "fresh", changesAt: warnAt };
    }
    case "cron": {
      const changesAt = nextTick(policy.deadline, now);
      if (lastMaterializedAt === null) return { state: "unknown", changesAt: null };
      const deadline = tickAtOrBefore(policy.deadline, now);
      const isFresh = deadline === null || lastMaterializedAt >= deadline - policy.lowerBoundMs;
      return isFresh ? { state: "fresh", changesAt } : { state: "overdue", changesAt: null };
    }
    default:
      return assertNever(policy);
  }
}
