/** The transitions of one step with their consequences: counters, events, downstream steps, timers and facts. */
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { retryDelayMs } from "@headgate/shared/domain/run/retry.ts";
import { type StepTrigger, transitionStep } from "@headgate/shared/domain/run/transition.ts";
import { deleteGonePod } from "../../agents/agent-store.ts";
import type { StepRow } from "../tables.ts";
import { pendingAfter, releaseAfter, updateStep } from "../step-store.ts";
import { endStepAsset, reopenAssets } from "../step-asset-store.ts";
import { clearTimer, setTimer } from "../../kernel/timer-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { moveRun, noteFailure, placeOf, record, type RunSession, countStep } from "../run-session.ts";

/** How often a step is retried after its agent was lost, whatever its retry policy says: user code is not the cause. */
export const MAX_LOST_ATTEMPTS = 2;
/** The same after the cluster took the pod away. Clusters with cheap nodes do that often. */
export const MAX_TAKEN_ATTEMPTS = 3;

export function timerIdOf(step: { readonly runNo: number; readonly position: number }): string {
  return `${step.runNo}/${step.position}`;
}

/** Applies the transition table and stores the row. Returns null if the table refuses. */
export function moveStep(
  tx: Tx,
  session: RunSession,
  move: { readonly step: StepRow; readonly trigger: StepTrigger; readonly set?: Partial<StepRow> },
): StepRow | null {
  const next = transitionStep(move.step.status, move.trigger);
  if (!next.ok) return null;
  const row: StepRow = { ...move.step, ...move.set, status: next.status };
  updateStep(tx.db, row);
  countStep(session, move.step.status, next.status);
  tx.fact({ type: "step_changed", run: row.runNo, position: row.position });
  return row;
}

export function succeedStep(tx: Tx, session: RunSession, step: StepRow): void {
  const row = moveStep(tx, session, { step, trigger: "succeeded", set: { endedAt: tx.now, failure: null } });
  if (!row) return;
  endAttempt(tx, row);
  record(tx, session, {
    event: { type: "step_succeeded", durationMs: tx.now - (row.startedAt ?? row.assignedAt ?? tx.now) },
    place: placeOf(row),
  });
  for (const position of releaseAfter(tx.db, { runNo: row.runNo, position: row.position, now: tx.now })) {
    tx.fact({ type: "step_changed", run: row.runNo, position });
  }
  finishRunIfDone(tx, session);
}

export interface FailedAttempt {
  readonly step: StepRow;
  readonly failure: Failure;
  readonly retryable: boolean;
  readonly lost: boolean;
  /** How many lost attempts of the step use up no retry. Default: `MAX_LOST_ATTEMPTS`. */
  readonly freeAttempts?: number;
}

/** Whether the attempt is lost and its retry uses up none of the policy's retries. */
export function isFreeRetry({ step, lost, freeAttempts = MAX_LOST_ATTEMPTS }: FailedAttempt): boolean {
  return lost && step.lost < freeAttempts;
}

/** Schedules a retry if the policy allows one; otherwise the step fails, and all steps after it are skipped. */
export function failStep(tx: Tx, session: RunSession, attempt: FailedAttempt): void {
  const { step, failure, lost } = attempt;
  const delay = session.row.status === "canceling" ? null : delayBeforeRetry(tx, attempt);
  const counted = { failure, lost: step.lost + (isFreeRetry(attempt) ? 1 : 0), ...(lost && { avoid: step.agent }) };
  if (delay !== null) {
    const retryAt = tx.now + delay;
    const row = moveStep(tx, session, { step, trigger: lost ? "lost_retry" : "failed_retry", set: { ...counted, retryAt, agent: null } });
    if (!row) return;
    endAttempt(tx, step);
    record(tx, session, { event: { type: "step_failed", failure, willRetry: true }, place: placeOf(step) });
    record(tx, session, { event: { type: "step_retry_scheduled", attempt: step.attempt + 1, at: retryAt }, place: placeOf(step) });
    for (const asset of reopenAssets(tx.db, row.runNo, row.position)) tx.fact({ type: "asset_changed", asset });
    if (delay === 0) retryStep(tx, session, row);
    else {
      setTimer(tx.db, { kind: "step_retry", id: timerIdOf(row), at: retryAt });
      tx.effects.push({ type: "timers_changed" });
    }
    return;
  }
  const trigger = lost ? "lost_final" : "failed_final";
  const row = moveStep(tx, session, { step, trigger, set: { ...counted, endedAt: tx.now } });
  if (!row) return;
  endAttempt(tx, row);
  record(tx, session, { event: { type: "step_failed", failure, willRetry: false }, place: placeOf(step) });
  noteFailure(session, failure, step.key);
  skipAfter(tx, session, row);
  finishRunIfDone(tx, session);
}

function delayBeforeRetry(tx: Tx, attempt: FailedAttempt): number | null {
  const { step, retryable, lost } = attempt;
  if (isFreeRetry(attempt)) return 0;
  if (!lost && !retryable) return null;
  return retryDelayMs(step.retry, Math.max(1, step.attempt - step.lost), tx.random());
}

/** Runs when the delay before a retry is over. */
export function retryStep(tx: Tx, session: RunSession, step: StepRow): void {
  moveStep(tx, session, { step, trigger: "retry_due", set: { retryAt: null, readyAt: tx.now } });
}

/** The agent has not started the step, so it waits again as if it had never been assigned; only its epoch stays used. */
export function releaseStep(tx: Tx, session: RunSession, step: StepRow): void {
  const set = { agent: null, attempt: step.attempt - 1, assignedAt: null, readyAt: tx.now };
  if (!moveStep(tx, session, { step, trigger: "released", set })) return;
  endAttempt(tx, step);
  const message = `'${step.key}' was returned to the queue before it started, because its agent is shutting down.`;
  record(tx, session, { event: { type: "engine", level: "info", message }, place: placeOf(step) });
  for (const asset of step.assets) tx.fact({ type: "asset_changed", asset });
}

export function cancelStep(tx: Tx, session: RunSession, step: StepRow): void {
  const row = moveStep(tx, session, { step, trigger: "canceled", set: { endedAt: tx.now, retryAt: null } });
  if (!row) return;
  endAttempt(tx, row);
  record(tx, session, { event: { type: "step_canceled" }, place: placeOf(row) });
}

function skipAfter(tx: Tx, session: RunSession, failed: StepRow): void {
  for (const step of pendingAfter(tx.db, failed.runNo, failed.position)) {
    const row = moveStep(tx, session, { step, trigger: "skip", set: { endedAt: tx.now } });
    if (!row) continue;
    record(tx, session, { event: { type: "step_skipped", because: `'${failed.key}' failed` }, place: { step: row.key, attempt: null } });
    for (const asset of row.assets) {
      endStepAsset(tx.db, {
        runNo: row.runNo,
        step: row.position,
        asset,
        status: "skipped",
        now: tx.now,
        durationMs: null,
        rowCount: null,
        message: `'${failed.key}' failed`,
      });
      tx.fact({ type: "asset_changed", asset });
      tx.fact({ type: "step_asset_changed", run: row.runNo, position: row.position, asset });
    }
  }
}

function endAttempt(tx: Tx, step: StepRow): void {
  const agent = step.launcher ?? step.agent;
  if (agent !== null) tx.fact({ type: "agent_changed", instance: agent });
  // A pod has no other work, so its row goes with its connection or with its step, whichever ends later.
  if (step.agent !== null) deleteGonePod(tx.db, step.agent);
  clearTimer(tx.db, "step_timeout", timerIdOf(step));
  clearTimer(tx.db, "step_retry", timerIdOf(step));
}

/** Ends the run if all its steps have ended. */
export function finishRunIfDone(tx: Tx, session: RunSession): void {
  const { row } = session;
  if (row.stepsSucceeded + row.stepsFailed + row.stepsSkipped + row.stepsCanceled < row.stepsTotal) return;
  if (row.stepsFailed > 0) moveRun(tx, session, "steps_failed");
  else if (row.stepsCanceled > 0) moveRun(tx, session, "steps_canceled");
  else moveRun(tx, session, "steps_succeeded");
}
