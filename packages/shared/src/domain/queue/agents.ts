/** Chooses the agent for a step: by queue, by what it could load, then by warm workers and free slots. */
import type { WaitReason } from "./limits.ts";

/** Runs with this tag go to agents of the queue that it names, all others to agents of the default queue. */
export const QUEUE_TAG = "headgate/queue";
export const DEFAULT_QUEUE = "default";

export interface QueueAgent {
  readonly id: string;
  /** Steps that it may run at the same time, and how many it runs. Agents that drain are not listed. */
  readonly slots: number;
  readonly busy: number;
  /** Left out: the default queue. */
  readonly queue?: string | undefined;
  /** Code locations with a warm worker: preferred, not required. */
  readonly warm?: readonly string[] | undefined;
  /** Code locations that it could not load: avoided while another agent may be able to. */
  readonly failed?: readonly string[] | undefined;
  /** It has lost its connection a moment ago and may come back; it has no slots. */
  readonly away?: boolean | undefined;
}

export interface AgentWish {
  readonly tags: Readonly<Record<string, string>>;
  readonly location: string;
  /** An agent that has lost this step before. */
  readonly avoid?: string | null | undefined;
}

export interface AgentPool {
  /** The best agent with a free slot, or why there is none. Takes nothing. */
  find(wish: AgentWish): { readonly agent: string } | { readonly reason: WaitReason };
  take(agent: string): void;
}

interface Seat {
  readonly id: string;
  readonly slots: number;
  readonly queue: string;
  readonly warm: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
  readonly away: boolean;
  free: number;
}

export function agentPool(agents: readonly QueueAgent[]): AgentPool {
  const seats = agents.map((agent): Seat => ({
    id: agent.id,
    slots: agent.slots,
    queue: agent.queue ?? DEFAULT_QUEUE,
    warm: new Set(agent.warm),
    failed: new Set(agent.failed),
    away: agent.away === true,
    free: agent.slots - agent.busy,
  }));
  return {
    find(wish) {
      if (seats.every((seat) => seat.away)) return { reason: { type: "no_agent" } };
      const queue = queueOf(wish.tags);
      const ofQueue = seats.filter((seat) => seat.queue === queue);
      if (ofQueue.every((seat) => seat.away)) return { reason: { type: "no_agent", queue } };
      const able = ofQueue.filter((seat) => !seat.failed.has(wish.location));
      // None could load it: one tries again, so that the step either runs or fails with the reason.
      const candidates = able.length > 0 ? able : ofQueue;
      const best = bestSeat(candidates, wish);
      if (best) return { agent: best.id };
      const total = candidates.reduce((sum, seat) => sum + seat.slots, 0);
      const othersFree = ofQueue.some((seat) => seat.free > 0);
      return { reason: othersFree ? { type: "load_failed", location: wish.location } : { type: "slots", total } };
    },
    take(id) {
      const seat = seats.find((candidate) => candidate.id === id);
      if (seat) seat.free--;
    },
  };
}

export function queueOf(tags: Readonly<Record<string, string>>): string {
  return (Object.hasOwn(tags, QUEUE_TAG) ? tags[QUEUE_TAG] : undefined) ?? DEFAULT_QUEUE;
}

/** A warm one first, then the one with the most free slots, so that load spreads; one that lost the step before comes last. */
function bestSeat(seats: readonly Seat[], wish: AgentWish): Seat | null {
  let best: Seat | null = null;
  for (const seat of seats) {
    if (seat.free <= 0) continue;
    if (best === null || rank(seat, wish) > rank(best, wish)) best = seat;
  }
  return best;
}

function rank(seat: Seat, wish: AgentWish): number {
  return seat.free + (seat.warm.has(wish.location) ? 1_000_000 : 0) - (seat.id === wish.avoid ? 10_000_000 : 0);
}
