/**
 * Steps that were given to an agent and have not started for too long: its worker could not start, or the assignment was forgotten. The
 * attempt counts as lost and goes to another agent if there is one; after some of them the step fails.
 */
import { readSettings } from "../../queue/settings-store.ts";
import { neverStarted, oldestUnstarted } from "../step-store.ts";
import { clearTimer, setTimer } from "../../kernel/timer-store.ts";
import type { StepRow } from "../tables.ts";
import type { Turn } from "../../kernel/tx.ts";
import { sendCancel } from "./cancel-run.ts";
import { closeAssets } from "./record-outcome.ts";
import { openRun } from "../run-session.ts";
import { failStep, MAX_LOST_ATTEMPTS } from "./step-moves.ts";

/** A step of a run that is being canceled is left to its grace period: looking at it all the time would keep the object busy until then. */
const LOOK_AGAIN_MS = 30_000;

export function loseUnstarted(turn: Turn): void {
  const { startTimeoutSeconds } = readSettings(turn.db);
  for (const step of neverStarted(turn.db, turn.now - startTimeoutSeconds * 1000)) loseStep(turn, step, startTimeoutSeconds);
  planStartTimeout(turn, turn.now + LOOK_AGAIN_MS);
  turn.atEnd.dispatch = true;
}

/** One timer for all of them, at the time of the first; `overdue`: when to look again at one whose time has passed. */
export function planStartTimeout(turn: Turn, overdue: number = turn.now): void {
  const oldest = oldestUnstarted(turn.db);
  const at = (oldest ?? 0) + readSettings(turn.db).startTimeoutSeconds * 1000 + 1;
  if (oldest === null) clearTimer(turn.db, "start_timeout", "");
  else setTimer(turn.db, { kind: "start_timeout", id: "", at: at <= turn.now ? overdue : at });
  turn.effects.push({ type: "timers_changed" });
}

function loseStep(turn: Turn, step: StepRow, seconds: number): void {
  const session = openRun(turn, step.runNo);
  // A canceled run ends by its grace period.
  if (!session || session.row.status === "canceling") return;
  const tries = step.lost >= MAX_LOST_ATTEMPTS ? `, ${step.lost + 1} times in a row` : "";
  const failure = {
    kind: "timeout",
    message: `'${step.key}' was given to an agent but did not start within ${inWords(seconds)}${tries}. See whether the agent can start workers, or raise the start time-out.`,
  } as const;
  sendCancel(turn, { ...session.row, cancelReason: "the step did not start in time" }, step);
  closeAssets(turn, session, { step, failure });
  failStep(turn, session, { step, failure, retryable: true, lost: true });
}

function inWords(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} minute${seconds === 60 ? "" : "s"}` : `${seconds} seconds`;
}
