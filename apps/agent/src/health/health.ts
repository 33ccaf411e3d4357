/** Judges the health of an agent from its state alone: alive means that it works, ready means that it can take steps. */
import type { AgentSnapshot } from "../agent-handle.ts";

/** A probe gets this. `reason` is one sentence for a person. */
export interface Verdict {
  readonly healthy: boolean;
  readonly reason: string;
}

/** A working connection loop hears or does something at least every half minute. */
export const SILENCE_LIMIT_MS = 180_000;

/** Red only when a restart can help. A control plane that cannot be reached, or refuses the token, does not make it red. */
export function liveness(state: AgentSnapshot | null, now: number): Verdict {
  if (state === null) return { healthy: true, reason: "The agent is starting." };
  const silentMs = now - state.activeAt;
  if (silentMs < SILENCE_LIMIT_MS) return { healthy: true, reason: "The agent works." };
  const seconds = Math.round(silentMs / 1000);
  return {
    healthy: false,
    reason: `The agent has neither heard from the control plane nor tried to connect for ${seconds} seconds.`,
  };
}

/** Green when the control plane may give steps to this agent. */
export function readiness(state: AgentSnapshot | null): Verdict {
  if (state === null) return { healthy: false, reason: "The agent is starting." };
  if (state.draining !== null) return { healthy: false, reason: `The agent stops and takes no new steps (${state.draining}).` };
  if (state.connected) return { healthy: true, reason: "The agent is connected." };
  return { healthy: false, reason: state.problem ?? "The agent is connecting to the control plane." };
}
