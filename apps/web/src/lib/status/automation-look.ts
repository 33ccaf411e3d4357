/** Which shape and word stands for a tick, a schedule or sensor, a delivery, a backfill, a freshness state? Decided once for all pages. */
import type { AutomationView, TickState } from "@headgate/shared/contract/automations/automation-views.ts";
import type { ConditionEvaluation } from "@headgate/shared/contract/automations/conditions.ts";
import type { DeliveryState } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { BackfillCounts, BackfillStatus } from "@headgate/shared/contract/runs/backfill-views.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { FreshnessState } from "@headgate/shared/domain/health/freshness.ts";
import type { Look, Tone } from "#lib/status/look.ts";

export function tickLook(state: TickState): Look {
  switch (state) {
    case "open":
      return { tone: "live", word: "Evaluating" };
    case "requested":
      return { tone: "good", word: "Requested" };
    case "skipped":
      return { tone: "idle", word: "Skipped" };
    case "failed":
      return { tone: "bad", word: "Failed" };
    default:
      return assertNever(state);
  }
}

/** How a schedule or sensor stands: what is wrong goes before that it is on. */
export function automationLook(view: Pick<AutomationView, "enabled" | "failuresInARow" | "waiting">): Look {
  if (!view.enabled) return { tone: "stopped", word: "Off" };
  if (view.failuresInARow > 0) return { tone: "bad", word: "Failing" };
  if (view.waiting !== null) return { tone: "waiting", word: "Waiting" };
  return { tone: "good", word: "On" };
}

export function deliveryLook(state: DeliveryState): Look {
  return state === "pending" ? { tone: "waiting", word: "Pending" } : tickLook(state);
}

export function evaluationLook(evaluation: Pick<ConditionEvaluation, "requested" | "error">): Look {
  if (evaluation.error !== null) return { tone: "bad", word: "Failed" };
  return evaluation.requested > 0 ? { tone: "good", word: "Requested" } : { tone: "idle", word: "Not requested" };
}

export function backfillLook(status: BackfillStatus): Look {
  switch (status) {
    case "running":
      return { tone: "live", word: "Running" };
    case "paused":
      return { tone: "waiting", word: "Paused" };
    case "canceling":
      return { tone: "live", word: "Canceling" };
    case "canceled":
      return { tone: "stopped", word: "Canceled" };
    case "succeeded":
      return { tone: "good", word: "Succeeded" };
    case "failed":
      return { tone: "bad", word: "Failed" };
    default:
      return assertNever(status);
  }
}

/** Parts of a backfill in the order in which they are drawn: what is done, what goes wrong, what is to come. */
export function backfillParts(counts: BackfillCounts): { readonly word: string; readonly tone: Tone; readonly count: number }[] {
  return [
    { word: "Succeeded", tone: "good", count: counts.succeeded },
    { word: "Failed", tone: "bad", count: counts.failed },
    { word: "Queued or running", tone: "live", count: counts.active },
    { word: "Blocked", tone: "warn", count: counts.blocked },
    { word: "Canceled", tone: "stopped", count: counts.canceled },
    { word: "Waiting", tone: "idle", count: counts.waiting },
  ];
}

export function backfillTotal(counts: BackfillCounts): number {
  return counts.succeeded + counts.failed + counts.active + counts.blocked + counts.canceled + counts.waiting;
}

export function freshnessLook(state: FreshnessState): Look {
  switch (state) {
    case "fresh":
      return { tone: "good", word: "Fresh" };
    case "warning":
      return { tone: "warn", word: "Nearly overdue" };
    case "overdue":
      return { tone: "late", word: "Overdue" };
    case "unknown":
      return { tone: "idle", word: "Freshness unknown" };
    default:
      return assertNever(state);
  }
}
