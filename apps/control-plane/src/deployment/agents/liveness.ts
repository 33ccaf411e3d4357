/** Decides which agents are alive and take work. A half-open connection looks open, so an agent must also have been seen recently. */
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { Database } from "../kernel/database.ts";
import { onlineAgents } from "./agent-store.ts";
import type { AgentRow } from "./tables.ts";

interface Moment {
  readonly now: number;
  /** The time of the last ping that the platform answered on this socket; null if there was none or the socket is gone. */
  readonly lastPing: (socket: string) => number | null;
}

/** The time of the last frame, or of the last ping that the platform answered. */
export function lastSeenAt({ lastPing }: Pick<Moment, "lastPing">, agent: Pick<AgentRow, "lastSeenAt" | "socket">): number {
  return Math.max(agent.lastSeenAt, (agent.socket === null ? null : lastPing(agent.socket)) ?? 0);
}

/** No sign of life for longer than a lease. */
export function isSilent(at: Moment, agent: Pick<AgentRow, "lastSeenAt" | "socket">): boolean {
  return at.now - lastSeenAt(at, agent) > LEASE_MS;
}

export interface AvailableAgent {
  readonly agent: AgentRow;
  readonly socket: string;
}

/** Agents that take work: connected, not draining, and seen recently. */
export function availableAgents(at: Moment & { readonly db: Database }): AvailableAgent[] {
  return onlineAgents(at.db).flatMap((agent) =>
    agent.status === "connected" && agent.socket !== null && !isSilent(at, agent) ? [{ agent, socket: agent.socket }] : [],
  );
}
