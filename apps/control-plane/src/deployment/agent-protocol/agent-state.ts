/** Smaller things an agent tells us of itself, and the end of its connection. */
import { LEASE_CHECK_MS, LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { AgentRow } from "../agents/tables.ts";
import { onlineAgents, readAgent, saveAgent } from "../agents/agent-store.ts";
import { leasesOf, readStepAt } from "../runs/step-store.ts";
import { ensureTimer } from "../kernel/timer-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { waitingMayHaveChanged } from "./agent-hello.ts";
import { dispatch, lastSign } from "../queue/dispatch.ts";
import { agentLeftTicks } from "../ticks/end-tick.ts";
import { endCanceled } from "../runs/execute/record-outcome.ts";
import { openRun } from "../runs/run-session.ts";

/** Whose connection a frame came over. A refused or replaced connection may still send in the name of an instance that is not its own. */
interface Sender {
  readonly instance: string;
  readonly socket: string;
}

function senderOf(turn: Turn, from: Sender): AgentRow | null {
  const agent = readAgent(turn.db, from.instance);
  return agent?.socket === from.socket ? agent : null;
}

export function changeSlots(turn: Turn, input: Sender & { readonly slots: number }): void {
  const agent = senderOf(turn, input);
  if (!agent) return;
  saveAgent(turn.db, { ...agent, slots: input.slots, lastSeenAt: turn.now });
  turn.effects.push({ type: "agent_changed", instance: agent.instance });
  dispatch(turn);
}

/** It finishes what it has and takes no new work; leases, pings and reports go on. */
export function startDraining(turn: Turn, from: Sender): void {
  const agent = senderOf(turn, from);
  if (!agent) return;
  saveAgent(turn.db, { ...agent, status: "draining", lastSeenAt: turn.now });
  turn.effects.push({ type: "agent_changed", instance: agent.instance });
  waitingMayHaveChanged(turn);
}

/** A closed socket does not end the leases: the agent works on and comes back. It starts their clock. One that drained is over. */
export function agentDisconnected(turn: Turn, input: Sender & { readonly drained: boolean }): void {
  const agent = senderOf(turn, input);
  if (!agent) return;
  if (input.drained) giveBackLeases(turn, agent.instance);
  disconnect(turn, agent);
  agentLeftTicks(turn, agent.instance, input.drained);
  if (input.drained) dispatch(turn);
}

/** An agent leaves when nothing runs on it any more: what is still leased to it was sent too late, or its end got lost. */
function giveBackLeases(turn: Turn, instance: string): void {
  for (const lease of leasesOf(turn.db, instance)) {
    const session = openRun(turn, lease.runNo);
    const step = session && readStepAt(turn.db, lease.runNo, lease.position);
    if (session && step) endCanceled(turn, session, step);
  }
}

function disconnect(turn: Turn, agent: AgentRow): void {
  saveAgent(turn.db, { ...agent, status: "disconnected", socket: null, lastSeenAt: Math.max(lastSign(turn, agent), agent.lastSeenAt) });
  turn.effects.push({ type: "agent_changed", instance: agent.instance });
  waitingMayHaveChanged(turn);
  if (leasesOf(turn.db, agent.instance).length > 0) ensureTimer(turn.db, { kind: "lease_check", id: "", at: turn.now + LEASE_CHECK_MS });
  // If it does not come back, those that could not load a version have to say so.
  else if (onlineAgents(turn.db).some((other) => other.locations.some((entry) => entry.state === "failed")))
    ensureTimer(turn.db, { kind: "lease_check", id: "", at: turn.now + LEASE_MS + 1 });
  else return;
  turn.effects.push({ type: "timers_changed" });
}

/** After a crash the rows may name sockets that no longer exist. */
export function disconnectVanished(turn: Turn, isOpen: (socket: string) => boolean): void {
  for (const agent of onlineAgents(turn.db)) {
    if (agent.socket !== null && isOpen(agent.socket)) continue;
    disconnect(turn, agent);
    agentLeftTicks(turn, agent.instance, false);
  }
}
