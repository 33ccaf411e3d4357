/** How a step ends that threw. */
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import { NonRetryableError } from "../../values/non-retryable-error.ts";
import { toFailure } from "../failures/failure.ts";
import { StepError } from "./step-error.ts";

export function errorOutcome(error: unknown, signal: AbortSignal): StepOutcome {
  // A canceled function may throw anything; the step still counts as canceled.
  if (signal.aborted) return { outcome: "canceled" };
  if (error instanceof StepError) return { outcome: "failed", failure: error.failure, retryable: error.retryable };
  return { outcome: "failed", failure: toFailure(error), retryable: !isNonRetryable(error) };
}

/** By name too: a bundle may contain two copies of this package. Errors of engines say themselves whether trying again can help. */
function isNonRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof NonRetryableError || error.name === "NonRetryableError" || ("retryable" in error && error.retryable === false);
}
