/** An agent's row as the queue sees it. A worker is warm for one version of a code location, and a version that did not load says nothing about others. */
import type { QueueAgent } from "@headgate/shared/domain/queue/agents.ts";
import type { AgentRow } from "./schema.ts";

export function queueAgent(agent: AgentRow, busy: number): QueueAgent {
  const inState = (state: AgentRow["locations"][number]["state"]) =>
    agent.locations.filter((entry) => entry.state === state).map(versionedLocation);
  return { id: agent.instance, slots: agent.slots, busy, queue: agent.queue, warm: inState("ready"), failed: inState("failed") };
}

export function versionedLocation(entry: { readonly location: string; readonly version: string }): string {
  return `${entry.location}@${entry.version}`;
}
