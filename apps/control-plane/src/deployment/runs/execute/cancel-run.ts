/** Cancels a run: waiting steps are canceled at once, and agents stop running steps within a grace period. */
import type { DownFrame } from "@headgate/shared/protocol/down.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { isTerminalRun, isTerminalStep } from "@headgate/shared/domain/run/status.ts";
import type { RunRow, StepRow } from "../tables.ts";
import { readAgent } from "../../agents/agent-store.ts";
import { stepsOfRun } from "../step-store.ts";
import { setTimer } from "../../kernel/timer-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { moveRun, openRunById, record, type RunSession } from "../run-session.ts";
import { cancelStep, finishRunIfDone } from "./step-moves.ts";
import { dropRunRetry } from "./drop-retry.ts";

/** The time that user code has to stop by itself. */
export const CANCEL_GRACE_MS = 30_000;
/** The control plane waits a little longer than the agent before it stops waiting. */
const FORCE_AFTER_MS = CANCEL_GRACE_MS + 15_000;

export function cancelRun(
  tx: Tx,
  input: { readonly run: string; readonly by: string; readonly reason: string | undefined },
): Result<number> {
  const session = openRunById(tx, input.run);
  if (!session) return refuse("not_found", `There is no run ${input.run}.`);
  const { row } = session;
  if (row.status === "canceling") return ok(row.no);
  if (isTerminalRun(row.status) && dropRunRetry(tx, session, input.by)) return ok(row.no);
  if (isTerminalRun(row.status))
    return refuse("conflict", `Run ${row.id} has already ${row.status === "canceled" ? "been canceled" : row.status}.`);
  const wasQueued = row.status === "queued";
  row.cancelBy = input.by;
  row.cancelReason = input.reason ?? null;
  session.changed = true;
  record(tx, session, { event: { type: "run_canceling", by: input.by, ...(input.reason !== undefined && { reason: input.reason }) } });
  if (wasQueued) {
    for (const step of stepsOfRun(tx.db, row.no)) if (!isTerminalStep(step.status)) cancelStep(tx, session, step);
    moveRun(tx, session, "cancel");
    return ok(row.no);
  }
  moveRun(tx, session, "cancel");
  stopSteps(tx, session);
  finishRunIfDone(tx, session);
  if (!isTerminalRun(row.status)) {
    setTimer(tx.db, { kind: "cancel_grace", id: row.id, at: tx.now + FORCE_AFTER_MS });
    tx.effects.push({ type: "timers_changed" });
  }
  tx.fact({ type: "work_available" });
  return ok(row.no);
}

/** Cancels waiting steps now and tells agents to stop the others. */
function stopSteps(tx: Tx, session: RunSession): void {
  for (const step of stepsOfRun(tx.db, session.row.no)) {
    if (isTerminalStep(step.status)) continue;
    if (step.status === "assigned" || step.status === "running") sendCancel(tx, session.row, step);
    else cancelStep(tx, session, step);
  }
}

/** Tells the holder of the step and, if that is a pod, its launcher, which deletes the pod's Job. */
export function sendCancel(tx: Tx, run: RunRow, step: StepRow): void {
  for (const instance of new Set([step.agent, step.launcher])) {
    const socket = instance === null ? null : (readAgent(tx.db, instance)?.socket ?? null);
    if (socket !== null) tx.effects.push({ type: "send", socket, frame: cancelFrame(run, step) });
  }
}

export function cancelFrame(run: RunRow, step: StepRow): DownFrame {
  return {
    t: "cancel",
    run: run.id,
    step: step.key,
    epoch: step.epoch,
    graceMs: CANCEL_GRACE_MS,
    reason: run.cancelReason ?? `canceled by ${run.cancelBy ?? "the control plane"}`,
  };
}

/** Ends the run after the grace period, even if agents still run its steps; their later reports are ignored. */
export function forceCancel(tx: Tx, runId: string): void {
  const session = openRunById(tx, runId);
  if (session?.row.status !== "canceling") return;
  for (const step of stepsOfRun(tx.db, session.row.no)) {
    if (isTerminalStep(step.status)) continue;
    record(tx, session, {
      event: { type: "engine", level: "warn", message: `'${step.key}' did not stop within its grace period and was given up.` },
      place: { step: step.key, attempt: step.attempt },
    });
    cancelStep(tx, session, step);
  }
  moveRun(tx, session, "cancel_forced");
  tx.fact({ type: "work_available" });
}

/** Ends a run that exceeded its time limit: unfinished steps are canceled, and agents are told to stop. */
export function failRunByTimeout(tx: Tx, runId: string): void {
  const session = openRunById(tx, runId);
  if (!session || isTerminalRun(session.row.status)) return;
  const { row } = session;
  const message = `The run took longer than its limit of ${row.timeoutSeconds} seconds.`;
  row.failure ??= { kind: "timeout", message };
  row.error ??= message;
  row.cancelReason ??= "the run's time limit passed";
  session.changed = true;
  stopSteps(tx, session);
  for (const step of stepsOfRun(tx.db, row.no)) if (!isTerminalStep(step.status)) cancelStep(tx, session, step);
  const trigger = row.status === "canceling" ? "cancel_forced" : "fail";
  moveRun(tx, session, trigger);
  tx.fact({ type: "work_available" });
}
