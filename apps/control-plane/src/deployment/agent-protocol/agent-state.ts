/** Handles an agent's change of slots, its drain, and the end of its connection. */
import { LEASE_CHECK_MS, LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { AgentRow } from "../agents/tables.ts";
import { deleteGonePod, onlineAgents, onlinePods, readAgent, saveAgent } from "../agents/agent-store.ts";
import { leasesOf, readStepAt } from "../runs/step-store.ts";
import { ensureTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { waitingMayHaveChanged } from "./agent-hello.ts";
import { endCanceled } from "../runs/execute/record-outcome.ts";
import { openRun } from "../runs/run-session.ts";
import { lastSeenAt } from "../agents/liveness.ts";

/** The instance that a frame names and the socket it came over. A replaced connection may still send frames for the instance. */
interface Sender {
  readonly instance: string;
  readonly socket: string;
}

function senderOf(tx: Tx, from: Sender): AgentRow | null {
  const agent = readAgent(tx.db, from.instance);
  return agent?.socket === from.socket ? agent : null;
}

export function changeSlots(tx: Tx, input: Sender & { readonly slots: number }): void {
  const agent = senderOf(tx, input);
  // A pod has its one step and takes no other.
  if (!agent || agent.podOf !== null) return;
  saveAgent(tx.db, { ...agent, slots: input.slots, lastSeenAt: tx.now });
  tx.fact({ type: "agent_changed", instance: agent.instance });
  tx.fact({ type: "work_available" });
}

/** A draining agent finishes its steps and takes no new work; leases, pings and reports go on. */
export function startDraining(tx: Tx, from: Sender): void {
  const agent = senderOf(tx, from);
  if (!agent) return;
  saveAgent(tx.db, { ...agent, status: "draining", lastSeenAt: tx.now });
  tx.fact({ type: "agent_changed", instance: agent.instance });
  waitingMayHaveChanged(tx);
}

/** A closed socket does not end the leases, it only starts their timeout: the agent works on and reconnects. A drained agent is gone for good. */
export function agentDisconnected(tx: Tx, input: Sender & { readonly drained: boolean }): void {
  const agent = senderOf(tx, input);
  if (!agent) return;
  if (input.drained) giveBackLeases(tx, agent.instance);
  if (agent.podOf !== null) disconnectPod(tx, agent, lastSeenAt(tx, agent));
  else {
    disconnect(tx, agent, lastSeenAt(tx, agent));
    tx.fact({ type: "agent_left", instance: agent.instance, drained: input.drained });
  }
  if (input.drained) tx.fact({ type: "work_available" });
}

/** A drained agent runs nothing any more. A step still leased to it was sent too late, or the report of its end was lost. */
function giveBackLeases(tx: Tx, instance: string): void {
  for (const lease of leasesOf(tx.db, instance)) {
    const session = openRun(tx, lease.runNo);
    const step = session && readStepAt(tx.db, lease.runNo, lease.position);
    if (session && step) endCanceled(tx, session, step);
  }
}

function disconnect(tx: Tx, agent: AgentRow, seenAt: number): void {
  saveAgent(tx.db, { ...agent, status: "disconnected", socket: null, lastSeenAt: seenAt });
  tx.fact({ type: "agent_changed", instance: agent.instance });
  waitingMayHaveChanged(tx);
  if (leasesOf(tx.db, agent.instance).length > 0) ensureTimer(tx.db, { kind: "lease_check", id: "", at: tx.now + LEASE_CHECK_MS });
  // If it does not come back, its steps go to agents that failed to load the version, and fail there with the reason.
  else if (onlineAgents(tx.db).some((other) => other.locations.some((entry) => entry.state === "failed")))
    ensureTimer(tx.db, { kind: "lease_check", id: "", at: tx.now + LEASE_MS + 1 });
  else return;
  tx.effects.push({ type: "timers_changed" });
}

/** A pod that holds its step may come back within the lease. Otherwise nothing is left to remember. */
function disconnectPod(tx: Tx, pod: AgentRow, seenAt: number): void {
  saveAgent(tx.db, { ...pod, status: "disconnected", socket: null, lastSeenAt: seenAt });
  const [lease] = leasesOf(tx.db, pod.instance);
  if (!lease) {
    deleteGonePod(tx.db, pod.instance);
    return;
  }
  if (lease.launcher !== null) tx.fact({ type: "agent_changed", instance: lease.launcher });
  ensureTimer(tx.db, { kind: "lease_check", id: "", at: tx.now + LEASE_CHECK_MS });
  tx.effects.push({ type: "timers_changed" });
}

/**
 * After a crash the rows may name sockets that no longer exist. What the agents said while the object did not run is unknown, so each of
 * them gets a whole lease to come back.
 */
export function disconnectVanished(tx: Tx, isOpen: (socket: string) => boolean): void {
  for (const agent of onlineAgents(tx.db)) {
    if (agent.socket !== null && isOpen(agent.socket)) continue;
    disconnect(tx, agent, tx.now);
    tx.fact({ type: "agent_left", instance: agent.instance, drained: false });
  }
  for (const pod of onlinePods(tx.db)) if (pod.socket === null || !isOpen(pod.socket)) disconnectPod(tx, pod, tx.now);
}
