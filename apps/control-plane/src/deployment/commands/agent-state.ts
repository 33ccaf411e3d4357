/** Smaller things an agent tells us of itself, and the end of its connection. */
import { LEASE_CHECK_MS } from "@headgate/shared/protocol/constants.ts";
import type { AgentRow } from "../schema.ts";
import { onlineAgents, readAgent, saveAgent } from "../store/agent-store.ts";
import { leasesOf } from "../store/step-store.ts";
import { ensureTimer } from "../store/timer-store.ts";
import type { Turn } from "../turn.ts";
import { waitingMayHaveChanged } from "./agent-hello.ts";
import { dispatch, lastSign } from "./dispatch.ts";

export function changeSlots(turn: Turn, input: { readonly instance: string; readonly slots: number }): void {
  const agent = readAgent(turn.db, input.instance);
  if (!agent) return;
  saveAgent(turn.db, { ...agent, slots: input.slots, lastSeenAt: turn.now });
  turn.effects.push({ type: "agent_changed", instance: agent.instance });
  dispatch(turn);
}

/** It finishes what it has and takes no new work; leases, pings and reports go on. */
export function startDraining(turn: Turn, instance: string): void {
  const agent = readAgent(turn.db, instance);
  if (!agent) return;
  saveAgent(turn.db, { ...agent, status: "draining", lastSeenAt: turn.now });
  turn.effects.push({ type: "agent_changed", instance });
  waitingMayHaveChanged(turn);
}

/** A closed socket does not end the leases: the agent works on and comes back. It starts their clock. */
export function agentDisconnected(turn: Turn, input: { readonly instance: string; readonly socket: string }): void {
  const agent = readAgent(turn.db, input.instance);
  if (agent?.socket === input.socket) disconnect(turn, agent);
}

function disconnect(turn: Turn, agent: AgentRow): void {
  saveAgent(turn.db, { ...agent, status: "disconnected", socket: null, lastSeenAt: Math.max(lastSign(turn, agent), agent.lastSeenAt) });
  turn.effects.push({ type: "agent_changed", instance: agent.instance });
  waitingMayHaveChanged(turn);
  if (leasesOf(turn.db, agent.instance).length === 0) return;
  ensureTimer(turn.db, { kind: "lease_check", id: "", at: turn.now + LEASE_CHECK_MS });
  turn.effects.push({ type: "timers_changed" });
}

/** After a crash the rows may name sockets that no longer exist. */
export function disconnectVanished(turn: Turn, isOpen: (socket: string) => boolean): void {
  for (const agent of onlineAgents(turn.db)) {
    if (agent.socket === null || !isOpen(agent.socket)) disconnect(turn, agent);
  }
}
