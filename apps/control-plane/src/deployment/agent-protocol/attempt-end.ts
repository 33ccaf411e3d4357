/** The launcher's word about the end of an attempt in a pod. The first end counts, so a later one changes nothing. */
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { AttemptEnd, AttemptEndAnswer } from "@headgate/shared/protocol/attempt.ts";
import type { Tx } from "../kernel/tx.ts";
import { sendCancel } from "../runs/execute/cancel-run.ts";
import { closeAssets, endCanceled, recordOutcome } from "../runs/execute/record-outcome.ts";
import { failStep, isFreeRetry, MAX_TAKEN_ATTEMPTS } from "../runs/execute/step-moves.ts";
import { placeOf, record } from "../runs/run-session.ts";
import { type OpenAttempt, openAttemptOfToken } from "./own-attempt.ts";

type FailedEnd = Extract<AttemptEnd, { outcome: "failed" }>;

export function endAttemptOfPod(tx: Tx, input: { readonly end: AttemptEnd; readonly token: string }): Result<AttemptEndAnswer> {
  const { end } = input;
  const found = openAttemptOfToken(tx, end, input.token);
  if (!found.ok) return found;
  if (!found.value) return ok({ open: false });
  const { session, step } = found.value;
  // A pod that is still there must not go on, and its launcher may be another agent than the caller.
  sendCancel(tx, { ...session.row, cancelReason: end.outcome === "canceled" ? "its Job was deleted" : end.failure.message }, step);
  if (end.outcome === "canceled") endCanceled(tx, session, step);
  else if (end.infrastructure) takenAway(tx, found.value, end);
  else {
    const { failure, retryable } = end;
    recordOutcome(tx, session, { step, outcome: { outcome: "failed", failure, retryable } });
  }
  tx.fact({ type: "work_available" });
  return ok({ open: true });
}

function takenAway(tx: Tx, { session, step }: OpenAttempt, { failure }: FailedEnd): void {
  const attempt = { step, failure, retryable: true, lost: true, freeAttempts: MAX_TAKEN_ATTEMPTS };
  if (session.row.status !== "canceling") {
    const cost = isFreeRetry(attempt)
      ? `The step is tried again and uses up no retry (${step.lost + 1} of ${MAX_TAKEN_ATTEMPTS}).`
      : `The step has used up its ${MAX_TAKEN_ATTEMPTS} free attempts, so this one counts.`;
    const message = `The cluster took the pod of '${step.key}' away. ${cost}`;
    record(tx, session, { event: { type: "engine", level: "warn", message }, place: placeOf(step) });
  }
  closeAssets(tx, session, { step, failure });
  failStep(tx, session, attempt);
}
