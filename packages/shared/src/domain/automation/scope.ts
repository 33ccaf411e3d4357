/** What surrounds the evaluation of one node: the tick, the asset that the whole condition belongs to, the asset or check looked at. */
import { canonicalJson } from "../json.ts";
import type { Result } from "../errors.ts";
import { downstreamPartitions, inferMapping, upstreamPartitions } from "../partitions/mapping.ts";
import type { PartitionSet } from "../partitions/partition-set.ts";
import { EMPTY_SUBSET, type PartitionSubset } from "../partitions/subset.ts";
import type { Condition } from "./condition.ts";
import type { AutomationFacts, Target } from "./facts.ts";
import type { Moment, Timing } from "./moment.ts";
import { assetOf, type AutomationProgram } from "./program.ts";
import type { NodeState, TargetState } from "./state.ts";

/**
 * `dagster`: exactly its results, with its losses. `event_order`: compares what happened when, so that no update is lost between two
 * evaluations (see `docs/internals/automation.md`).
 */
export type EvaluationMode = "dagster" | "event_order";

export interface Tick {
  readonly program: AutomationProgram;
  readonly facts: AutomationFacts;
  readonly mode: EvaluationMode;
  /** This evaluation: the time and the last event it knows. */
  readonly moment: Moment;
  readonly states: ReadonlyMap<Target, TargetState>;
  /** Requested so far in this tick. */
  readonly requested: Map<Target, PartitionSubset>;
}

export interface RootScope {
  readonly tick: Tick;
  readonly root: Target;
  readonly previous: TargetState | null;
  wakeAt: number;
  /** Something was true for a moment only. */
  pulsed: boolean;
}

export interface Scope {
  readonly root: RootScope;
  readonly target: Target;
  readonly candidates: PartitionSubset;
  /** Conditions in evaluation, outermost first. */
  readonly path: readonly Condition[];
}

export interface Evaluated {
  readonly condition: Condition;
  readonly target: Target;
  readonly candidates: PartitionSubset;
  readonly subset: PartitionSubset;
  readonly timing: Timing;
  readonly children: readonly Evaluated[];
  readonly state: readonly [id: string, state: NodeState] | null;
}

/** Carries the refusal of a mapping out of an evaluation; never leaves `evaluate.ts`. */
export class EvaluationProblem extends Error {
  override readonly name = "EvaluationProblem";
}

export function partitionsOfTarget({ facts }: Tick, target: Target): PartitionSet | null {
  return facts.partitions(assetOf(target));
}

/** Everything there is now; of an unpartitioned target its only part. */
export function fullSubset(tick: Tick, target: Target): PartitionSubset {
  const count = partitionsOfTarget(tick, target)?.count ?? 1;
  return count > 0 ? [0, count] : EMPTY_SUBSET;
}

export function wake(root: RootScope, at: number | null): void {
  if (at !== null && at < root.wakeAt) root.wakeAt = at;
}

export type Direction = "up" | "down";

/** What in `to` belongs to these partitions of `from`, which is downstream ("up") or upstream of it. */
export function mapped(tick: Tick, subset: PartitionSubset, way: { from: Target; to: Target; direction: Direction }): PartitionSubset {
  const { from, to, direction } = way;
  if (subset.length === 0) return EMPTY_SUBSET;
  const [own, other] = [assetOf(from), assetOf(to)];
  const [fromSet, toSet] = [tick.facts.partitions(own), tick.facts.partitions(other)];
  if (own === other && (from !== own || to !== other)) return subset;
  if (!toSet || (direction === "down" && !fromSet)) return fullSubset(tick, to);
  if (direction === "down") {
    const sides = { upstream: fromSet, downstream: toSet, mapping: tick.program.mappingOf(other, own) };
    return unwrapped(downstreamPartitions(sides, subset));
  }
  const sides = { upstream: toSet, downstream: fromSet, mapping: tick.program.mappingOf(own, other) };
  return unwrapped(upstreamPartitions(sides, subset)).subset;
}

function unwrapped<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new EvaluationProblem(result.error.message);
}

/** Can one run execute the upstream asset and then this one? */
export function canShareRun({ program, facts }: Tick, downstream: Target, upstream: Target): boolean {
  const { graph } = program;
  const [own, other] = [assetOf(downstream), assetOf(upstream)];
  const [below, above] = [graph.assets[graph.indexOf(own)], graph.assets[graph.indexOf(other)]];
  if (!below || !above || below.location !== above.location || above.unit === null) return false;
  const [belowSet, aboveSet] = [facts.partitions(own), facts.partitions(other)];
  if (!belowSet || !aboveSet) return belowSet === aboveSet;
  const [a, b] = [belowSet.definition, aboveSet.definition];
  if (a !== b && canonicalJson(a) !== canonicalJson(b)) return false;
  const mapping = program.mappingOf(own, other) ?? inferMapping(a, b);
  return mapping.type === "identity" || mapping.type === "time_window";
}
