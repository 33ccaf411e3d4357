/** Finds the step of an attempt that a caller names, and says whether the caller's agent token has it. */
import { refuse, ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import { wasAssignedTo } from "../runs/attempt-store.ts";
import { openRunById, type RunSession } from "../runs/run-session.ts";
import { readStep } from "../runs/step-store.ts";
import type { StepRow } from "../runs/tables.ts";
import type { Tx } from "../kernel/tx.ts";

export interface OpenAttempt {
  readonly session: RunSession;
  readonly step: StepRow;
}

export function attemptOf(tx: Tx, ref: Pick<AttemptRef, "run" | "step">): OpenAttempt | null {
  const session = openRunById(tx, ref.run);
  const step = session && readStep(tx.db, session.row.no, ref.step);
  return session && step ? { session, step } : null;
}

/** The attempt is leased, and it is the current one of its step. */
export function isOpenAttempt(step: StepRow, ref: Pick<AttemptRef, "epoch">): boolean {
  return (step.status === "assigned" || step.status === "running") && step.epoch === ref.epoch;
}

/** Null if the attempt is over or unknown; refused if it was given to an agent with another token. */
export function openAttemptOfToken(tx: Tx, ref: AttemptRef, token: string): Result<OpenAttempt | null> {
  const found = attemptOf(tx, ref);
  if (!found || !isOpenAttempt(found.step, ref)) return ok(null);
  const { runNo, position, attempt } = found.step;
  if (!wasAssignedTo(tx.db, { runNo, position, attempt, token }))
    return refuse("forbidden", `Attempt ${ref.epoch} of '${ref.step}' was given to an agent with another token.`);
  return ok(found);
}
