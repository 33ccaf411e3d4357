/** What does a queued run or a pending step wait for? Derived from the present state of agents, limits and pools, never stored. */
import type { WaitingReason } from "@headgate/shared/api/views.ts";
import { describeWait, type LimitCounters, limitCounters, type WaitReason } from "@headgate/shared/domain/queue/limits.ts";
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { Catalog } from "../catalog.ts";
import { MAX_CONCURRENT_RUNS } from "../limits.ts";
import type { RunRow, StepRow } from "../schema.ts";
import { onlineAgents } from "../store/agent-store.ts";
import type { Database } from "../store/database.ts";
import { activeRunTags } from "../store/run-store.ts";
import { leaseCounts, poolHolders } from "../store/step-store.ts";

export interface WaitContext {
  /** Why nothing at all can start; null: there is a free slot. */
  readonly agents: WaitReason | null;
  readonly limits: LimitCounters;
}

export function readWaitContext(input: {
  readonly db: Database;
  readonly catalog: Catalog;
  readonly now: number;
  readonly lastPing: (socket: string) => number | null;
}): WaitContext {
  const { db } = input;
  const counts = leaseCounts(db);
  const limits = limitCounters({ maxConcurrentRuns: MAX_CONCURRENT_RUNS, pools: Object.fromEntries(input.catalog.pools) });
  for (const tags of activeRunTags(db)) limits.takeRun(tags);
  for (const holder of poolHolders(db)) limits.takePool(holder.pool, holder);
  const online = onlineAgents(db).filter(
    (agent) =>
      agent.status === "connected" &&
      agent.socket !== null &&
      input.now - Math.max(agent.lastSeenAt, input.lastPing(agent.socket) ?? 0) <= LEASE_MS,
  );
  const total = online.reduce((sum, agent) => sum + agent.slots, 0);
  const free = online.some((agent) => agent.slots > (counts.get(agent.instance) ?? 0));
  return { agents: online.length === 0 ? { type: "no_agent" } : free ? null : { type: "slots", total }, limits };
}

export function runWaitsFor(run: RunRow, context: WaitContext): WaitingReason | null {
  if (run.status !== "queued") return null;
  const noAgent = context.agents?.type === "no_agent" ? context.agents : null;
  return waiting(noAgent ?? context.limits.runBlockedBy(run.tags) ?? context.agents);
}

export function stepWaitsFor(step: StepRow, context: WaitContext): WaitingReason | null {
  if (step.status === "up_for_retry") return { kind: "retry", message: `attempt ${step.attempt} failed; the next one waits for its delay` };
  if (step.status !== "pending") return null;
  if (step.depsLeft > 0)
    return {
      kind: "upstream",
      message: step.depsLeft === 1 ? "waiting for one step before it" : `waiting for ${step.depsLeft} steps before it`,
    };
  const noAgent = context.agents?.type === "no_agent" ? context.agents : null;
  return waiting(noAgent ?? context.limits.poolBlockedBy(step.pool) ?? context.agents);
}

function waiting(reason: WaitReason | null): WaitingReason | null {
  return reason && { kind: KIND[reason.type], message: describeWait(reason) };
}

const KIND = { max_runs: "run_limit", tag: "run_limit", pool: "pool", no_agent: "no_agent", slots: "slots" } as const satisfies Record<
  WaitReason["type"],
  WaitingReason["kind"]
>;
