/** The moves of one step with everything that follows from each: counters, events, downstream steps, timers, live changes. */
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { retryDelayMs } from "@headgate/shared/domain/run/retry.ts";
import { type StepTrigger, transitionStep } from "@headgate/shared/domain/run/transition.ts";
import type { StepRow } from "../tables.ts";
import { pendingAfter, releaseAfter, updateStep } from "../step-store.ts";
import { endStepAsset, reopenAssets } from "../step-asset-store.ts";
import { clearTimer, setTimer } from "../../kernel/timer-store.ts";
import type { Turn } from "../../kernel/tx.ts";
import { moveRun, noteFailure, placeOf, record, type RunSession, countStep } from "../run-session.ts";

/** A lost agent is not the user code's fault, so it is tried this often again whatever the retry policy says. */
export const MAX_LOST_ATTEMPTS = 2;

export function timerIdOf(step: { readonly runNo: number; readonly position: number }): string {
  return `${step.runNo}/${step.position}`;
}

/** Applies the transition table and stores the row; null when the table refuses. */
export function moveStep(
  turn: Turn,
  session: RunSession,
  move: { readonly step: StepRow; readonly trigger: StepTrigger; readonly set?: Partial<StepRow> },
): StepRow | null {
  const next = transitionStep(move.step.status, move.trigger);
  if (!next.ok) return null;
  const row: StepRow = { ...move.step, ...move.set, status: next.status };
  updateStep(turn.db, row);
  countStep(session, move.step.status, next.status);
  turn.effects.push({ type: "step_changed", run: row.runNo, position: row.position });
  return row;
}

export function succeedStep(turn: Turn, session: RunSession, step: StepRow): void {
  const row = moveStep(turn, session, { step, trigger: "succeeded", set: { endedAt: turn.now, failure: null } });
  if (!row) return;
  endAttempt(turn, row);
  record(turn, session, {
    event: { type: "step_succeeded", durationMs: turn.now - (row.startedAt ?? row.assignedAt ?? turn.now) },
    place: placeOf(row),
  });
  for (const position of releaseAfter(turn.db, { runNo: row.runNo, position: row.position, now: turn.now })) {
    turn.effects.push({ type: "step_changed", run: row.runNo, position });
  }
  finishRunIfDone(turn, session);
}

export interface FailedAttempt {
  readonly step: StepRow;
  readonly failure: Failure;
  readonly retryable: boolean;
  readonly lost: boolean;
}

/** Tries again later when the policy allows it; otherwise the step has failed, and everything after it is skipped. */
export function failStep(turn: Turn, session: RunSession, attempt: FailedAttempt): void {
  const { step, failure, lost } = attempt;
  const delay = session.row.status === "canceling" ? null : delayBeforeRetry(turn, attempt);
  const counted = { failure, lost: step.lost + (lost ? 1 : 0), ...(lost && { avoid: step.agent }) };
  if (delay !== null) {
    const retryAt = turn.now + delay;
    const row = moveStep(turn, session, { step, trigger: lost ? "lost_retry" : "failed_retry", set: { ...counted, retryAt, agent: null } });
    if (!row) return;
    endAttempt(turn, step);
    record(turn, session, { event: { type: "step_failed", failure, willRetry: true }, place: placeOf(step) });
    record(turn, session, { event: { type: "step_retry_scheduled", attempt: step.attempt + 1, at: retryAt }, place: placeOf(step) });
    for (const asset of reopenAssets(turn.db, row.runNo, row.position)) turn.effects.push({ type: "asset_changed", asset });
    if (delay === 0) retryStep(turn, session, row);
    else {
      setTimer(turn.db, { kind: "step_retry", id: timerIdOf(row), at: retryAt });
      turn.effects.push({ type: "timers_changed" });
    }
    return;
  }
  const trigger = lost ? "lost_final" : "failed_final";
  const row = moveStep(turn, session, { step, trigger, set: { ...counted, endedAt: turn.now } });
  if (!row) return;
  endAttempt(turn, row);
  record(turn, session, { event: { type: "step_failed", failure, willRetry: false }, place: placeOf(step) });
  noteFailure(session, failure, step.key);
  skipAfter(turn, session, row);
  finishRunIfDone(turn, session);
}

function delayBeforeRetry(turn: Turn, { step, retryable, lost }: FailedAttempt): number | null {
  if (lost && step.lost < MAX_LOST_ATTEMPTS) return 0;
  if (!lost && !retryable) return null;
  return retryDelayMs(step.retry, Math.max(1, step.attempt - step.lost), turn.random());
}

/** The delay of a retry is over. */
export function retryStep(turn: Turn, session: RunSession, step: StepRow): void {
  moveStep(turn, session, { step, trigger: "retry_due", set: { retryAt: null, readyAt: turn.now } });
}

/** The agent did nothing of it: the step waits again as if it had never been assigned, except that its epoch stays used. */
export function releaseStep(turn: Turn, session: RunSession, step: StepRow): void {
  const set = { agent: null, attempt: step.attempt - 1, assignedAt: null, readyAt: turn.now };
  if (!moveStep(turn, session, { step, trigger: "released", set })) return;
  endAttempt(turn, step);
  const message = `'${step.key}' was given back before it started: its agent is shutting down.`;
  record(turn, session, { event: { type: "engine", level: "info", message }, place: placeOf(step) });
  for (const asset of step.assets) turn.effects.push({ type: "asset_changed", asset });
}

export function cancelStep(turn: Turn, session: RunSession, step: StepRow): void {
  const row = moveStep(turn, session, { step, trigger: "canceled", set: { endedAt: turn.now, retryAt: null } });
  if (!row) return;
  endAttempt(turn, row);
  record(turn, session, { event: { type: "step_canceled" }, place: placeOf(row) });
}

function skipAfter(turn: Turn, session: RunSession, failed: StepRow): void {
  for (const step of pendingAfter(turn.db, failed.runNo, failed.position)) {
    const row = moveStep(turn, session, { step, trigger: "skip", set: { endedAt: turn.now } });
    if (!row) continue;
    record(turn, session, { event: { type: "step_skipped", because: `'${failed.key}' failed` }, place: { step: row.key, attempt: null } });
    for (const asset of row.assets) {
      endStepAsset(turn.db, {
        runNo: row.runNo,
        step: row.position,
        asset,
        status: "skipped",
        now: turn.now,
        durationMs: null,
        rowCount: null,
        message: `'${failed.key}' failed`,
      });
      turn.effects.push({ type: "asset_changed", asset }, { type: "step_asset_changed", run: row.runNo, position: row.position, asset });
    }
  }
}

function endAttempt(turn: Turn, step: StepRow): void {
  if (step.agent !== null) turn.effects.push({ type: "agent_changed", instance: step.agent });
  clearTimer(turn.db, "step_timeout", timerIdOf(step));
  clearTimer(turn.db, "step_retry", timerIdOf(step));
}

/** Every step has ended: the run ends with what they say together. */
export function finishRunIfDone(turn: Turn, session: RunSession): void {
  const { row } = session;
  if (row.stepsSucceeded + row.stepsFailed + row.stepsSkipped + row.stepsCanceled < row.stepsTotal) return;
  if (row.stepsFailed > 0) moveRun(turn, session, "steps_failed");
  else if (row.stepsCanceled > 0) moveRun(turn, session, "steps_canceled");
  else moveRun(turn, session, "steps_succeeded");
}
