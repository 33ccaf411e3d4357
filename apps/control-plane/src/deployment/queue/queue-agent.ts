/** Converts agent rows for the queue. Warm workers and failed loads count per version of a code location. */
import type { QueueAgent } from "@headgate/shared/domain/queue/agents.ts";
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { AgentRow } from "../agents/tables.ts";
import { agentsGoneSince } from "../agents/agent-store.ts";
import type { Database } from "../kernel/database.ts";

export function queueAgent(agent: AgentRow, busy: number): QueueAgent {
  const inState = (state: AgentRow["locations"][number]["state"]) =>
    agent.locations.filter((entry) => entry.state === state).map(versionedLocation);
  return { id: agent.instance, slots: agent.slots, busy, queue: agent.queue, warm: inState("ready"), failed: inState("failed") };
}

/** Adds agents that disconnected recently. They take no work, but a step whose version the others failed to load waits for them. */
export function withAway(db: Database, input: { readonly agents: readonly QueueAgent[]; readonly now: number }): QueueAgent[] {
  if (input.agents.every((agent) => agent.failed?.length === 0)) return [...input.agents];
  const away = agentsGoneSince(db, input.now - LEASE_MS).map((agent): QueueAgent => ({ ...queueAgent(agent, 0), slots: 0, away: true }));
  return [...input.agents, ...away];
}

export function versionedLocation(entry: { readonly location: string; readonly version: string }): string {
  return `${entry.location}@${entry.version}`;
}
