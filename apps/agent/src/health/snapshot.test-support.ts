/** A healthy, connected agent, with what a test changes about it. */
import type { AgentSnapshot } from "../agent-handle.ts";

export function snapshotOf(changes: Partial<AgentSnapshot> = {}): AgentSnapshot {
  return {
    connected: true,
    problem: null,
    activeAt: 0,
    draining: null,
    running: 0,
    slots: 2,
    workers: [],
    workerDeaths: 0,
    unacknowledged: 0,
    spoolBytes: 0,
    nextItem: 1,
    acknowledged: 0,
    locations: [{ location: "lakehouse", version: "v1", state: "ready" }],
    ...changes,
  };
}
