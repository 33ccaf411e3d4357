/** What each kind of timer means when its time has come. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { clearTimer, type Timer } from "./kernel/timer-store.ts";
import { readStepAt } from "./runs/step-store.ts";
import type { Turn } from "./kernel/tx.ts";
import { backfillDue } from "./backfills/run-ended.ts";
import { failRunByTimeout, forceCancel, sendCancel } from "./runs/execute/cancel-run.ts";
import { evaluateConditions } from "./conditions/evaluate.ts";
import { pauseExpired } from "./conditions/pauses.ts";
import { dispatch } from "./queue/dispatch.ts";
import { startTaken } from "./ticks/evaluate-tick.ts";
import { tickTimedOut } from "./ticks/end-tick.ts";
import { expireLeases } from "./queue/expire-leases.ts";
import { fireSchedule } from "./schedules/fire-schedule.ts";
import { freshnessDue } from "./assets/freshness.ts";
import { closeAssets } from "./runs/execute/record-outcome.ts";
import { fireRetention } from "./retention.ts";
import { openRun } from "./runs/run-session.ts";
import { fireRunRetry } from "./runs/retry/run-retry.ts";
import { fireSensor, fireSensorEvents } from "./sensors/sensor-ticks.ts";
import { loseUnstarted } from "./runs/execute/start-timeout.ts";
import { failStep, retryStep } from "./runs/execute/step-moves.ts";

/** Ticks of partitioned jobs make up to a thousand runs each: a turn that has made so many ends, and the timers that are left stay due. */
const ENOUGH_RUNS = 200;

export function fireTimers(turn: Turn, timers: readonly Timer[]): void {
  for (const timer of timers) {
    fireTimer(turn, timer);
    if (turn.runs.size >= ENOUGH_RUNS) return;
  }
}

function fireTimer(turn: Turn, timer: Timer): void {
  clearTimer(turn.db, timer.kind, timer.id);
  turn.effects.push({ type: "timers_changed" });
  switch (timer.kind) {
    case "condition":
      evaluateConditions(turn);
      break;
    case "freshness":
      freshnessDue(turn);
      break;
    case "pause_end":
      pauseExpired(turn, timer.id);
      break;
    case "lease_check":
      expireLeases(turn);
      break;
    case "step_retry":
      retryDue(turn, timer.id);
      break;
    case "step_timeout":
      stepTimedOut(turn, timer.id);
      break;
    case "run_timeout":
      failRunByTimeout(turn, timer.id);
      break;
    case "cancel_grace":
      forceCancel(turn, timer.id);
      break;
    case "schedule":
      fireSchedule(turn, timer);
      break;
    case "tick":
      startTaken(turn, timer.id);
      break;
    case "sensor":
      fireSensor(turn, timer);
      break;
    case "backfill":
      backfillDue(turn, timer.id);
      break;
    case "tick_timeout":
      tickTimedOut(turn, timer.id);
      break;
    case "sensor_event":
      fireSensorEvents(turn, timer.id);
      break;
    case "run_retry":
      fireRunRetry(turn, timer.id);
      break;
    case "start_timeout":
      loseUnstarted(turn);
      break;
    case "retention":
      fireRetention(turn, timer);
      break;
    default:
      assertNever(timer.kind);
  }
}

function stepOfTimer(turn: Turn, id: string) {
  const [runNo, position] = id.split("/").map(Number);
  const session = runNo === undefined ? null : openRun(turn, runNo);
  const step = session && position !== undefined ? readStepAt(turn.db, session.row.no, position) : null;
  return session && step ? { session, step } : null;
}

function retryDue(turn: Turn, id: string): void {
  const found = stepOfTimer(turn, id);
  if (found?.step.status !== "up_for_retry") return;
  retryStep(turn, found.session, found.step);
  dispatch(turn);
}

function stepTimedOut(turn: Turn, id: string): void {
  const found = stepOfTimer(turn, id);
  if (!found) return;
  const { session, step } = found;
  if (step.status !== "assigned" && step.status !== "running") return;
  const failure = { kind: "timeout", message: `'${step.key}' took longer than its limit of ${step.timeoutSeconds} seconds.` } as const;
  sendCancel(turn, { ...session.row, cancelReason: "the step's time limit passed" }, step);
  closeAssets(turn, session, { step, failure });
  failStep(turn, session, { step, failure, retryable: true, lost: false });
  dispatch(turn);
}
