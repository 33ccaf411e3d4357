/** What follows when a run has ended, besides what its agent and its assets are told. Each follower decides for itself whether it is meant. */
import type { Turn } from "../turn.ts";
import type { RunSession } from "./run-session.ts";

export function afterRun(_turn: Turn, _session: RunSession): void {
}
