/** Which agents are there and take work? A half-open connection looks open, so only an agent that was heard of lately counts. */
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { Database } from "../kernel/database.ts";
import { onlineAgents } from "./agent-store.ts";
import type { AgentRow } from "./tables.ts";

interface Moment {
  readonly now: number;
  /** When the platform last answered a ping on this socket; null: never, or the socket is gone. */
  readonly lastPing: (socket: string) => number | null;
}

/** The last sign of life: a frame, or a ping that the platform answered. */
export function lastSeenAt({ lastPing }: Pick<Moment, "lastPing">, agent: Pick<AgentRow, "lastSeenAt" | "socket">): number {
  return Math.max(agent.lastSeenAt, (agent.socket === null ? null : lastPing(agent.socket)) ?? 0);
}

/** No sign of life for the time of a lease. */
export function isSilent(at: Moment, agent: Pick<AgentRow, "lastSeenAt" | "socket">): boolean {
  return at.now - lastSeenAt(at, agent) > LEASE_MS;
}

export interface AvailableAgent {
  readonly agent: AgentRow;
  readonly socket: string;
}

/** Agents that take work: connected, not draining, and heard of lately. */
export function availableAgents(at: Moment & { readonly db: Database }): AvailableAgent[] {
  return onlineAgents(at.db).flatMap((agent) =>
    agent.status === "connected" && agent.socket !== null && !isSilent(at, agent) ? [{ agent, socket: agent.socket }] : [],
  );
}
