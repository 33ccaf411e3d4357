/** Finds agents without a sign of life for the time of a lease. Their steps are lost: they go to another agent or fail. */
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { LEASE_CHECK_MS, LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { agentsWithLeases, saveAgent } from "../agents/agent-store.ts";
import { leaseCounts, leasesOf, readStepAt } from "../runs/step-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { AgentRow } from "../agents/tables.ts";
import type { Tx } from "../kernel/tx.ts";
import { closeAssets } from "../runs/execute/record-outcome.ts";
import { sendCancel } from "../runs/execute/cancel-run.ts";
import { openRun } from "../runs/run-session.ts";
import { cancelStep, failStep, finishRunIfDone } from "../runs/execute/step-moves.ts";
import { lastSeenAt } from "../agents/liveness.ts";

export function expireLeases(tx: Tx): void {
  for (const agent of agentsWithLeases(tx.db)) {
    const seen = lastSeenAt(tx, agent);
    const expired = leasesOf(tx.db, agent.instance).filter((lease) => tx.now - Math.max(seen, lease.assignedAt) > LEASE_MS);
    if (expired.length === 0) continue;
    if (agent.socket !== null)
      tx.effects.push({ type: "close", socket: agent.socket, code: CLOSE.badFrame, reason: "no sign of life within the lease" });
    saveAgent(tx.db, { ...agent, status: "disconnected", socket: null, lastSeenAt: seen });
    tx.fact({ type: "agent_changed", instance: agent.instance });
    for (const lease of expired) loseStep(tx, { agent, runNo: lease.runNo, position: lease.position });
  }
  tx.fact({ type: "work_available" });
  if (leaseCounts(tx.db).size > 0) setTimer(tx.db, { kind: "lease_check", id: "", at: tx.now + LEASE_CHECK_MS });
  tx.effects.push({ type: "timers_changed" });
}

function loseStep(tx: Tx, lost: { readonly agent: AgentRow; readonly runNo: number; readonly position: number }): void {
  const session = openRun(tx, lost.runNo);
  const step = readStepAt(tx.db, lost.runNo, lost.position);
  if (!session || !step) return;
  if (session.row.status === "canceling") {
    cancelStep(tx, session, step);
    finishRunIfDone(tx, session);
    return;
  }
  const who = lost.agent.podOf === null ? "Agent" : "Pod";
  const failure = {
    kind: "agent_lost",
    message: `${who} ${lost.agent.hostname} gave no sign of life for ${LEASE_MS / 1000} seconds while it ran '${step.key}'.`,
  } as const;
  // Its launcher deletes the Job of a pod that is lost.
  if (step.launcher !== null) sendCancel(tx, { ...session.row, cancelReason: failure.message }, step);
  closeAssets(tx, session, { step, failure });
  failStep(tx, session, { step, failure, retryable: true, lost: true });
}
