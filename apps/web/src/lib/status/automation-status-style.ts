/** Styles of ticks, schedules, sensors, deliveries, evaluations, backfills and freshness. */
import type { AutomationView, TickState } from "@headgate/shared/contract/automations/automation-views.ts";
import type { ConditionEvaluation } from "@headgate/shared/contract/automations/conditions.ts";
import type { DeliveryState } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { BackfillCounts, BackfillStatus } from "@headgate/shared/contract/runs/backfill-views.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { FreshnessState } from "@headgate/shared/domain/health/freshness.ts";
import type { StatusStyle, Tone } from "#lib/status/status-style.ts";

export function tickStyle(state: TickState): StatusStyle {
  switch (state) {
    case "open":
      return { tone: "live", label: "Evaluating" };
    case "requested":
      return { tone: "good", label: "Requested" };
    case "skipped":
      return { tone: "idle", label: "Skipped" };
    case "failed":
      return { tone: "bad", label: "Failed" };
    default:
      return assertNever(state);
  }
}

/** A problem has precedence over being on. */
export function automationStyle(view: Pick<AutomationView, "enabled" | "failuresInARow" | "waiting">): StatusStyle {
  if (!view.enabled) return { tone: "stopped", label: "Off" };
  if (view.failuresInARow > 0) return { tone: "bad", label: "Failing" };
  if (view.waiting !== null) return { tone: "waiting", label: "Waiting" };
  return { tone: "good", label: "On" };
}

export function deliveryStyle(state: DeliveryState): StatusStyle {
  return state === "pending" ? { tone: "waiting", label: "Pending" } : tickStyle(state);
}

export function evaluationStyle(evaluation: Pick<ConditionEvaluation, "requested" | "error">): StatusStyle {
  if (evaluation.error !== null) return { tone: "bad", label: "Failed" };
  return evaluation.requested > 0 ? { tone: "good", label: "Requested" } : { tone: "idle", label: "Not requested" };
}

export function backfillStyle({ status, runs }: { readonly status: BackfillStatus; readonly runs: BackfillCounts }): StatusStyle {
  switch (status) {
    case "running":
      return { tone: "live", label: "Running" };
    case "paused":
      return { tone: "waiting", label: "Paused" };
    case "canceling":
      return { tone: "live", label: "Canceling" };
    case "canceled":
      return { tone: "stopped", label: "Canceled" };
    case "succeeded":
      return { tone: "good", label: "Succeeded" };
    case "failed":
      return { tone: "bad", label: runs.succeeded > 0 ? "Partly failed" : "Failed" };
    default:
      return assertNever(status);
  }
}

/** Parts of a backfill in drawing order: done, failed, remaining. */
export function backfillParts(counts: BackfillCounts): { readonly label: string; readonly tone: Tone; readonly count: number }[] {
  return [
    { label: "Succeeded", tone: "good", count: counts.succeeded },
    { label: "Failed", tone: "bad", count: counts.failed },
    { label: "Queued or running", tone: "live", count: counts.active },
    { label: "Blocked", tone: "warn", count: counts.blocked },
    { label: "Canceled", tone: "stopped", count: counts.canceled },
    { label: "Waiting", tone: "idle", count: counts.waiting },
  ];
}

export function backfillTotal(counts: BackfillCounts): number {
  return counts.succeeded + counts.failed + counts.active + counts.blocked + counts.canceled + counts.waiting;
}

export function freshnessStyle(state: FreshnessState): StatusStyle {
  switch (state) {
    case "fresh":
      return { tone: "good", label: "Fresh" };
    case "warning":
      return { tone: "warn", label: "Nearly overdue" };
    case "overdue":
      return { tone: "late", label: "Overdue" };
    case "unknown":
      return { tone: "idle", label: "Freshness unknown" };
    default:
      return assertNever(state);
  }
}
