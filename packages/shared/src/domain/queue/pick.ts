/**
 * Picks the waiting steps that start now, and their agents: runs by priority and then age, their steps in the order of the plan. A step that
 * cannot start never keeps a later one from starting, and every waiting step gets the reason.
 */
import { agentPool, type QueueAgent } from "./agents.ts";
import { describeWait, limitCounters, type LimitSettings, type StepPlace, type WaitReason } from "./limits.ts";

export interface QueueRun {
  readonly id: string;
  /** Higher first. */
  readonly priority: number;
  /** Position in the queue: a time or a sequence number, lower first. */
  readonly queuedAt: number;
  /** Already counts against the limits for runs. */
  readonly active: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ReadyStep extends StepPlace {
  readonly pool: string | null;
  readonly location: string;
  /** An agent that has lost this step before. */
  readonly avoid?: string | null | undefined;
}

export interface PickInput {
  readonly runs: readonly QueueRun[];
  /** In plan order within each run. */
  readonly ready: readonly ReadyStep[];
  /** Steps that are assigned or running and hold a slot of a pool. */
  readonly holding: readonly (StepPlace & { readonly pool: string })[];
  readonly agents: readonly QueueAgent[];
  readonly limits: LimitSettings;
}

export interface PickResult {
  readonly assignments: readonly (StepPlace & { readonly agent: string })[];
  /** Runs that left the queue by this. */
  readonly startedRuns: readonly string[];
  readonly waiting: readonly (StepPlace & { readonly reason: WaitReason; readonly message: string })[];
}

export function pickSteps(input: PickInput): PickResult {
  const counters = limitCounters(input.limits);
  const runs = new Map(input.runs.map((run) => [run.id, run]));
  const active = new Set<string>();
  for (const run of input.runs) {
    if (!run.active) continue;
    active.add(run.id);
    counters.takeRun(run.tags, run.id);
  }
  for (const { pool, run, step } of input.holding) counters.takePool(pool, { run, step });
  const agents = agentPool(input.agents);
  const assignments: (StepPlace & { agent: string })[] = [];
  const startedRuns: string[] = [];
  const waiting: (StepPlace & { reason: WaitReason; message: string })[] = [];

  for (const { step, run } of inOrder(input.ready, runs)) {
    const place = { run: step.run, step: step.step };
    const found = agents.find({ tags: run.tags, location: step.location, avoid: step.avoid });
    const blocked = (active.has(run.id) ? null : counters.runBlockedBy(run.tags)) ?? counters.poolBlockedBy(step.pool);
    if (blocked !== null || "reason" in found) {
      const reason = blocked ?? ("reason" in found ? found.reason : null);
      if (reason !== null) waiting.push({ ...place, reason, message: describeWait(reason) });
      continue;
    }
    if (!active.has(run.id)) {
      active.add(run.id);
      startedRuns.push(run.id);
      counters.takeRun(run.tags, run.id);
    }
    counters.takePool(step.pool, place);
    agents.take(found.agent);
    assignments.push({ ...place, agent: found.agent });
  }
  return { assignments, startedRuns, waiting };
}

function inOrder(ready: readonly ReadyStep[], runs: ReadonlyMap<string, QueueRun>): { step: ReadyStep; run: QueueRun }[] {
  const known = ready.flatMap((step) => {
    const run = runs.get(step.run);
    return run ? [{ step, run }] : [];
  });
  // Sorting is stable, so the steps of a run keep their order.
  return known.sort(
    (a, b) =>
      b.run.priority - a.run.priority || a.run.queuedAt - b.run.queuedAt || (a.run.id < b.run.id ? -1 : a.run.id > b.run.id ? 1 : 0),
  );
}
