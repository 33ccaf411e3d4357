/** Enforces the time limit of a step attempt in case the agent does not. */
import { setTimer } from "../../kernel/timer-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import type { StepRow } from "../tables.ts";
import { timerIdOf } from "./step-moves.ts";

/** The agent enforces a step's time limit. The control plane waits this much longer before it enforces the limit itself. */
const STEP_TIMEOUT_SLACK_MS = 30_000;

/** The limit counts from now. */
export function startTimeLimit(tx: Tx, step: StepRow): void {
  if (step.timeoutSeconds === null) return;
  setTimer(tx.db, { kind: "step_timeout", id: timerIdOf(step), at: tx.now + step.timeoutSeconds * 1000 + STEP_TIMEOUT_SLACK_MS });
  tx.effects.push({ type: "timers_changed" });
}
