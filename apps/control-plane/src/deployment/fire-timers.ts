/** Runs the handler of each due timer. */
import { clearTimer, setTimer, type Timer } from "./kernel/timer-store.ts";
import { readStepAt } from "./runs/step-store.ts";
import type { Tx } from "./kernel/tx.ts";
import { backfillDue } from "./backfills/run-ended.ts";
import { failRunByTimeout, forceCancel, sendCancel } from "./runs/execute/cancel-run.ts";
import { evaluateConditions } from "./conditions/evaluation/evaluate.ts";
import { pauseExpired } from "./conditions/pauses.ts";
import { tickTimedOut } from "./automations/end-evaluation.ts";
import { expireLeases } from "./queue/expire-leases.ts";
import { fireSchedule } from "./schedules/fire-schedule.ts";
import { freshnessDue } from "./assets/freshness.ts";
import { closeAssets } from "./runs/execute/record-outcome.ts";
import { fireRetention } from "./webhooks/retention.ts";
import { openRun, openRuns } from "./runs/run-session.ts";
import { fireRunRetry } from "./retries/run-retry.ts";
import { fireSensor, fireSensorEvents } from "./sensors/sensor-ticks.ts";
import { loseUnstarted } from "./queue/start-timeout.ts";
import { failStep, retryStep } from "./runs/execute/step-moves.ts";
import { startTaken } from "./automations/waiting-ticks.ts";
import { LATE_MS, TIMER_KINDS, type TimerKind, type TimerTraits } from "./timer-kinds.ts";
import { fireOutbox } from "./outbox/enqueue.ts";

/** A tick of a partitioned job makes up to a thousand runs. After this many runs the transaction ends, and the remaining timers stay due. */
const ENOUGH_RUNS = 200;

export function fireTimers(tx: Tx, timers: readonly Timer[]): void {
  for (const timer of timers) {
    fireTimer(tx, timer);
    if (openRuns(tx).size >= ENOUGH_RUNS) return;
  }
}

const HANDLERS: { readonly [K in TimerKind]: (tx: Tx, timer: Timer) => void } = {
  condition: evaluateConditions,
  freshness: freshnessDue,
  pause_end: (tx, { id }) => pauseExpired(tx, id),
  lease_check: expireLeases,
  step_retry: (tx, { id }) => retryDue(tx, id),
  step_timeout: (tx, { id }) => stepTimedOut(tx, id),
  run_timeout: (tx, { id }) => failRunByTimeout(tx, id),
  cancel_grace: (tx, { id }) => forceCancel(tx, id),
  schedule: fireSchedule,
  tick: (tx, { id }) => startTaken(tx, id),
  sensor: fireSensor,
  backfill: (tx, { id }) => backfillDue(tx, id),
  tick_timeout: (tx, { id }) => tickTimedOut(tx, id),
  sensor_event: (tx, { id }) => fireSensorEvents(tx, id),
  run_retry: (tx, { id }) => fireRunRetry(tx, id),
  start_timeout: loseUnstarted,
  retention: fireRetention,
  outbox: fireOutbox,
};

function fireTimer(tx: Tx, timer: Timer): void {
  tx.effects.push({ type: "timers_changed" });
  const { judgesSilence }: TimerTraits = TIMER_KINDS[timer.kind];
  // The new time is stored, so the agent gets its time even if the object stops again.
  if (judgesSilence !== undefined && tx.now - timer.at > LATE_MS) {
    setTimer(tx.db, { ...timer, at: tx.now + judgesSilence });
    return;
  }
  clearTimer(tx.db, timer.kind, timer.id);
  HANDLERS[timer.kind](tx, timer);
}

function stepOfTimer(tx: Tx, id: string) {
  const [runNo, position] = id.split("/").map(Number);
  const session = runNo === undefined ? null : openRun(tx, runNo);
  const step = session && position !== undefined ? readStepAt(tx.db, session.row.no, position) : null;
  return session && step ? { session, step } : null;
}

function retryDue(tx: Tx, id: string): void {
  const found = stepOfTimer(tx, id);
  if (found?.step.status !== "up_for_retry") return;
  retryStep(tx, found.session, found.step);
  tx.fact({ type: "work_available" });
}

function stepTimedOut(tx: Tx, id: string): void {
  const found = stepOfTimer(tx, id);
  if (!found) return;
  const { session, step } = found;
  if (step.status !== "assigned" && step.status !== "running") return;
  const failure = { kind: "timeout", message: `'${step.key}' took longer than its limit of ${step.timeoutSeconds} seconds.` } as const;
  sendCancel(tx, { ...session.row, cancelReason: "the step's time limit passed" }, step);
  closeAssets(tx, session, { step, failure });
  failStep(tx, session, { step, failure, retryable: true, lost: false });
  tx.fact({ type: "work_available" });
}
