/** Notices agents that gave no sign of life for the time of a lease; their steps are lost and go to another agent or fail. */
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { LEASE_CHECK_MS, LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { agentsWithLeases, saveAgent } from "../agents/agent-store.ts";
import { leaseCounts, leasesOf, readStepAt } from "../runs/step-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { AgentRow } from "../agents/tables.ts";
import type { Turn } from "../kernel/tx.ts";
import { dispatch, lastSign } from "./dispatch.ts";
import { closeAssets } from "../runs/execute/record-outcome.ts";
import { openRun } from "../runs/run-session.ts";
import { cancelStep, failStep, finishRunIfDone } from "../runs/execute/step-moves.ts";

export function expireLeases(turn: Turn): void {
  for (const agent of agentsWithLeases(turn.db)) {
    const seen = lastSign(turn, agent);
    const expired = leasesOf(turn.db, agent.instance).filter((lease) => turn.now - Math.max(seen, lease.assignedAt) > LEASE_MS);
    if (expired.length === 0) continue;
    if (agent.socket !== null)
      turn.effects.push({ type: "close", socket: agent.socket, code: CLOSE.badFrame, reason: "no sign of life within the lease" });
    saveAgent(turn.db, { ...agent, status: "disconnected", socket: null, lastSeenAt: seen });
    turn.effects.push({ type: "agent_changed", instance: agent.instance });
    for (const lease of expired) loseStep(turn, { agent, runNo: lease.runNo, position: lease.position });
  }
  dispatch(turn);
  if (leaseCounts(turn.db).size > 0) setTimer(turn.db, { kind: "lease_check", id: "", at: turn.now + LEASE_CHECK_MS });
  turn.effects.push({ type: "timers_changed" });
}

function loseStep(turn: Turn, lost: { readonly agent: AgentRow; readonly runNo: number; readonly position: number }): void {
  const session = openRun(turn, lost.runNo);
  const step = readStepAt(turn.db, lost.runNo, lost.position);
  if (!session || !step) return;
  if (session.row.status === "canceling") {
    cancelStep(turn, session, step);
    finishRunIfDone(turn, session);
    return;
  }
  const failure = {
    kind: "agent_lost",
    message: `Agent ${lost.agent.hostname} gave no sign of life for ${LEASE_MS / 1000} seconds while it ran '${step.key}'.`,
  } as const;
  closeAssets(turn, session, { step, failure });
  failStep(turn, session, { step, failure, retryable: true, lost: true });
}
