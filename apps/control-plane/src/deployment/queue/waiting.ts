/** Explains why a queued run or pending step waits. The reason is derived from the current agents, limits and pools and is never stored. */
import type { WaitingReason } from "@headgate/shared/contract/runs/run-views.ts";
import { type AgentPool, agentPool, DEFAULT_QUEUE, type QueueAgent, queueOf } from "@headgate/shared/domain/queue/agents.ts";
import { describeWait, type LimitCounters, limitCounters, type WaitReason } from "@headgate/shared/domain/queue/limits.ts";
import { limitSettings } from "./pool-limits.ts";
import { queueAgent, withAway } from "./queue-agent.ts";
import type { RunRow, StepRow } from "../runs/tables.ts";
import type { Database } from "../kernel/database.ts";
import { activeRuns } from "../runs/run-store.ts";
import { readSettings } from "./settings-store.ts";
import { agentHolders, leaseCounts, poolHolders, poolsOfReady } from "../runs/step-store.ts";
import { availableAgents } from "../agents/liveness.ts";
import { catalogOf } from "../catalog/catalog.ts";
import type { Reader } from "../kernel/reader.ts";

export interface WaitContext {
  readonly db: Database;
  readonly agents: AgentPool;
  readonly limits: LimitCounters;
  /** Agent queue -> the runs whose steps its agents execute. */
  readonly holders: ReadonlyMap<string, readonly string[]>;
}

export function readWaitContext(reader: Reader): WaitContext {
  const { db } = reader;
  const counts = leaseCounts(db);
  const limits = limitCounters(limitSettings(readSettings(db), catalogOf(reader)));
  for (const run of activeRuns(db)) limits.takeRun(run.tags, run.id);
  for (const holder of poolHolders(db)) limits.takePool(holder.pool, holder);
  const available = availableAgents(reader).map(({ agent }) => queueAgent(agent, counts.get(agent.instance) ?? 0));
  const agents = withAway(db, { agents: available, now: reader.now });
  return { db, agents: agentPool(agents), limits, holders: holdersByQueue(db, available) };
}

function holdersByQueue(db: Database, agents: readonly QueueAgent[]): Map<string, string[]> {
  const queueOfAgent = new Map(agents.map(({ id, queue }) => [id, queue ?? DEFAULT_QUEUE]));
  const runs = new Map<string, string[]>();
  for (const { run, agent } of agentHolders(db)) {
    const queue = queueOfAgent.get(agent);
    const known = queue === undefined ? undefined : runs.get(queue);
    if (known) {
      if (!known.includes(run)) known.push(run);
    } else if (queue !== undefined) runs.set(queue, [run]);
  }
  return runs;
}

export function runWaitsFor(run: RunRow, context: WaitContext): WaitingReason | null {
  if (run.status !== "queued") return null;
  const agents = Object.entries(run.versions).map(([location, version]) => agentReason(context, run, { location, version }));
  const noAgent = agents.find((reason) => reason?.type === "no_agent") ?? null;
  const busy = agents.length > 0 && agents.every((reason) => reason !== null) ? (agents[0] ?? null) : null;
  return waiting(noAgent ?? context.limits.runBlockedBy(run.tags) ?? poolReason(run, context) ?? busy);
}

/** The pool that the run waits for, if all its ready steps wait for pools. */
function poolReason(run: RunRow, context: WaitContext): WaitReason | null {
  const reasons = poolsOfReady(context.db, run.no).map((pool) => context.limits.poolBlockedBy(pool));
  return reasons.every((reason) => reason !== null) ? (reasons[0] ?? null) : null;
}

export function stepWaitsFor(step: StepRow, run: RunRow, context: WaitContext): WaitingReason | null {
  if (step.status === "up_for_retry") return { kind: "retry", message: `attempt ${step.attempt} failed; a retry follows after a delay` };
  if (step.status === "assigned" && step.podWaits !== null) return { kind: "pod", message: `waiting for its pod: ${step.podWaits.reason}` };
  if (step.status !== "pending") return null;
  if (step.depsLeft > 0)
    return {
      kind: "upstream",
      message: step.depsLeft === 1 ? "waiting for one upstream step" : `waiting for ${step.depsLeft} upstream steps`,
    };
  const agents = agentReason(context, run, step);
  const noAgent = agents?.type === "no_agent" ? agents : null;
  const ofRun = run.status === "queued" ? context.limits.runBlockedBy(run.tags) : null;
  return waiting(noAgent ?? ofRun ?? context.limits.poolBlockedBy(step.pool) ?? agents);
}

function agentReason(context: WaitContext, run: RunRow, at: { readonly location: string; readonly version: string }): WaitReason | null {
  const found = context.agents.find({ tags: run.tags, location: `${at.location}@${at.version}` });
  if (!("reason" in found)) return null;
  const { reason } = found;
  return reason.type === "slots" ? { ...reason, holders: context.holders.get(queueOf(run.tags)) } : reason;
}

function waiting(reason: WaitReason | null): WaitingReason | null {
  return reason && { kind: KIND[reason.type], message: describeWait(reason) };
}

const KIND = {
  max_runs: "run_limit",
  tag: "tag_limit",
  pool: "pool",
  no_agent: "no_agent",
  slots: "slots",
  load_failed: "slots",
} as const satisfies Record<WaitReason["type"], WaitingReason["kind"]>;
