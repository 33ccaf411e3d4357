/**
 * Steps that were given to an agent and have not started for too long: its worker could not start, or the assignment was forgotten. The
 * attempt counts as lost and goes to another agent if there is one; after some of them the step fails.
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

/** A step of a run that is being canceled is left to its grace period: looking at it all the time would keep the object busy until then. */
const LOOK_AGAIN_MS = 30_000;

export function loseUnstarted(tx: Tx): void {
  const { startTimeoutSeconds } = readSettings(tx.db);
  for (const step of neverStarted(tx.db, tx.now - startTimeoutSeconds * 1000)) loseStep(tx, step, startTimeoutSeconds);
  planStartTimeout(tx, tx.now + LOOK_AGAIN_MS);
  tx.fact({ type: "work_available" });
}

/** One timer for all of them, at the time of the first; `overdue`: when to look again at one whose time has passed. */
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
  const failure = {
    kind: "timeout",
    message: `'${step.key}' was given to an agent but did not start within ${inWords(seconds)}${tries}. See whether the agent can start workers, or raise the start time-out.`,
  } as const;
  sendCancel(tx, { ...session.row, cancelReason: "the step did not start in time" }, step);
  closeAssets(tx, session, { step, failure });
  failStep(tx, session, { step, failure, retryable: true, lost: true });
}

function inWords(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} minute${seconds === 60 ? "" : "s"}` : `${seconds} seconds`;
}
