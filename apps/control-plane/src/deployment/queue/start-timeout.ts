/**
 * Handles steps that were assigned to an agent and did not start in time: the worker could not start, or the agent lost the assignment. The
 * attempt counts as lost and the step goes to another agent, if there is one. After several lost attempts the step fails.
 */
import { readSettings } from "./settings-store.ts";
import { neverStarted, oldestUnstarted } from "../runs/step-store.ts";
import { clearTimer, setTimer } from "../kernel/timer-store.ts";
import type { StepRow } from "../runs/tables.ts";
import type { Tx } from "../kernel/tx.ts";
import { sendCancel } from "../runs/execute/cancel-run.ts";
import { closeAssets } from "../runs/execute/record-outcome.ts";
import { openRun } from "../runs/run-session.ts";
import { failStep, MAX_LOST_ATTEMPTS } from "../runs/execute/step-moves.ts";

/** The interval for overdue steps of runs that are being canceled. These end by their grace period; a shorter interval would only cost work. */
const LOOK_AGAIN_MS = 30_000;

export function loseUnstarted(tx: Tx): void {
  const { startTimeoutSeconds } = readSettings(tx.db);
  for (const step of neverStarted(tx.db, tx.now - startTimeoutSeconds * 1000)) loseStep(tx, step, startTimeoutSeconds);
  planStartTimeout(tx, tx.now + LOOK_AGAIN_MS);
  tx.fact({ type: "work_available" });
}

/** Sets one timer for all steps, to the time of the first. `overdue` is used instead if that time has passed. */
export function planStartTimeout(tx: Tx, overdue: number = tx.now): void {
  const oldest = oldestUnstarted(tx.db);
  const at = (oldest ?? 0) + readSettings(tx.db).startTimeoutSeconds * 1000 + 1;
  if (oldest === null) clearTimer(tx.db, "start_timeout", "");
  else setTimer(tx.db, { kind: "start_timeout", id: "", at: at <= tx.now ? overdue : at });
  tx.effects.push({ type: "timers_changed" });
}

function loseStep(tx: Tx, step: StepRow, seconds: number): void {
  const session = openRun(tx, step.runNo);
  // A canceled run ends by its grace period.
  if (!session || session.row.status === "canceling") return;
  const tries = step.lost >= MAX_LOST_ATTEMPTS ? `, ${step.lost + 1} times in a row` : "";
  const remedy = step.podWaits
    ? `Its pod waited: ${step.podWaits.reason}. Remove the cause, or raise the start timeout.`
    : "See whether the agent can start workers, or raise the start timeout.";
  const failure = {
    kind: "timeout",
    message: `'${step.key}' was given to an agent but did not start within ${inWords(seconds)}${tries}. ${remedy}`,
  } as const;
  sendCancel(tx, { ...session.row, cancelReason: "the step did not start in time" }, step);
  closeAssets(tx, session, { step, failure });
  failStep(tx, session, { step, failure, retryable: true, lost: true });
}

function inWords(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} minute${seconds === 60 ? "" : "s"}` : `${seconds} seconds`;
}
