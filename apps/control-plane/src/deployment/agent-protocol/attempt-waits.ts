/** Keeps why the pod of an attempt has not started, as its launcher says. The run shows it while it lasts. */
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { AttemptWaits, AttemptWaitsAnswer } from "@headgate/shared/protocol/attempt.ts";
import type { Tx } from "../kernel/tx.ts";
import { placeOf, record } from "../runs/run-session.ts";
import { updateStep } from "../runs/step-store.ts";
import { openAttemptOfToken } from "./own-attempt.ts";

/** Events of one attempt that say why its pod waits. Later reasons are shown but not recorded. */
export const MAX_WAIT_EVENTS = 20;
const MAX_REASON = 500;

export function noteAttemptWaits(tx: Tx, input: { readonly waits: AttemptWaits; readonly token: string }): Result<AttemptWaitsAnswer> {
  const { waits } = input;
  const found = openAttemptOfToken(tx, waits, input.token);
  if (!found.ok) return found;
  // A pod that has connected speaks for itself.
  if (found.value?.step.status !== "assigned" || found.value.step.agent !== (found.value.step.launcher ?? found.value.step.agent))
    return ok({ open: false });
  const { session, step } = found.value;
  const reason = waits.reason.length > MAX_REASON ? `${waits.reason.slice(0, MAX_REASON - 1)}…` : waits.reason;
  if (step.podWaits?.reason === reason) return ok({ open: true });
  const events = step.podWaits?.events ?? 0;
  const isRecorded = events < MAX_WAIT_EVENTS;
  if (isRecorded)
    record(tx, session, {
      event: { type: "engine", level: "info", message: `The pod of '${step.key}' waits: ${reason}` },
      place: placeOf(step),
    });
  updateStep(tx.db, { ...step, podWaits: { reason, events: isRecorded ? events + 1 : events } });
  tx.fact({ type: "step_changed", run: step.runNo, position: step.position });
  return ok({ open: true });
}
