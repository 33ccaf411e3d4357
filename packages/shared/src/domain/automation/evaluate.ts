/**
 * Decides which assets should be materialized now. Targets that may have changed are evaluated from upstream to downstream, so that a
 * child sees that its parent is about to be requested. The cost follows what changed, not how many assets there are.
 */
import { ok, refuse, type Result } from "../errors.ts";
import { EMPTY_SUBSET, intersection, union, type PartitionSubset } from "../partitions/subset.ts";
import type { PartitionSet } from "../partitions/partition-set.ts";
import type { AutomationFacts, Target } from "./facts.ts";
import { evaluateCondition } from "./operators.ts";
import { assetOf, type AutomationProgram } from "./program.ts";
import {
  EvaluationProblem,
  fullSubset,
  mapped,
  partitionsOfTarget,
  wake,
  type Evaluated,
  type EvaluationMode,
  type RootScope,
  type Tick,
} from "./scope.ts";
import { AUTOMATION_STATE_VERSION, isNothing, kindOf, storeTruth, type NodeState, type TargetState } from "./state.ts";

export interface TickInput {
  readonly program: AutomationProgram;
  readonly facts: AutomationFacts;
  readonly mode: EvaluationMode;
  readonly now: number;
  /** Number of the last event that the facts contain. */
  readonly sequence: number;
  readonly states: ReadonlyMap<Target, TargetState>;
  /** Assets and checks of which something changed since the last tick. Left out: evaluate everything. */
  readonly changed?: Iterable<Target> | undefined;
}

export interface TargetResult {
  readonly target: Target;
  /** A condition that cannot be evaluated (partitions that cannot be mapped) does not stop the evaluation of the others. */
  readonly outcome: Result<{ readonly requested: PartitionSubset; readonly evaluated: Evaluated; readonly state: TargetState }>;
}

export interface TickResult {
  /** In the order of evaluation. */
  readonly results: readonly TargetResult[];
  /** What to execute, including what cannot be executed without it. */
  readonly requested: ReadonlyMap<Target, PartitionSubset>;
}

export function evaluateTick(input: TickInput): TickResult {
  const { program } = input;
  const tick: Tick = { ...input, moment: { at: input.now, sequence: input.sequence }, requested: new Map() };
  const queue = levels(program, input.changed === undefined ? program.conditions.keys() : dueTargets(input, input.changed));
  const results: TargetResult[] = [];
  for (let target = queue.next(); target !== null; target = queue.next()) {
    const outcome = evaluateTarget(tick, target);
    results.push({ target, outcome });
    if (!outcome.ok || outcome.value.requested.length === 0) continue;
    const also = request(tick, target, outcome.value.requested);
    for (const requested of also) for (const reader of program.readersOf(requested)) queue.add(reader);
  }
  return { results, requested: tick.requested };
}

/** Targets that may be different now: never evaluated, reading something that changed, woken by the clock or by the last tick. */
export function dueTargets({ program, states, now }: TickInput, changed: Iterable<Target>): Set<Target> {
  const due = new Set<Target>();
  const addReaders = (target: Target) => {
    for (const reader of program.readersOf(target)) due.add(reader);
  };
  for (const target of changed) addReaders(target);
  for (const target of program.conditions.keys()) {
    const state = states.get(target);
    if (!state || state.active || (state.wakeAt !== null && state.wakeAt <= now)) due.add(target);
    if (state && !isNothing(state.requested)) addReaders(target);
  }
  return due;
}

/** Lowest level first. What is added for a level that has passed could not have been seen in this tick. */
function levels(program: AutomationProgram, targets: Iterable<Target>) {
  const byLevel = new Map<number, Target[]>();
  const known = new Set<Target>();
  let at = -1;
  let highest = -1;
  let current: Target[] = [];
  let sorted = true;
  const add = (target: Target) => {
    const level = program.levelOf(target);
    if (known.has(target) || level < at || !program.conditions.has(target)) return;
    known.add(target);
    if (level === at) {
      current.push(target);
      sorted = false;
      return;
    }
    const own = byLevel.get(level);
    if (own) own.push(target);
    else byLevel.set(level, [target]);
    highest = Math.max(highest, level);
  };
  for (const target of targets) add(target);
  return {
    add,
    next(): Target | null {
      while (current.length === 0 && at < highest) {
        current = byLevel.get(++at) ?? [];
        sorted = false;
      }
      // By name, so that the order of the definitions does not matter.
      if (!sorted) current.sort((a, b) => (a < b ? 1 : -1));
      sorted = true;
      return current.pop() ?? null;
    },
  };
}

function evaluateTarget(tick: Tick, target: Target): TargetResult["outcome"] {
  const condition = tick.program.conditions.get(target);
  if (!condition) return refuse("not_found", `${target} has no automation condition.`, { target });
  const root: RootScope = { tick, root: target, previous: tick.states.get(target) ?? null, wakeAt: Infinity, pulsed: false };
  try {
    const evaluated = evaluateCondition(condition, { root, target, candidates: fullSubset(tick, target), path: [] });
    const requested = intersection(evaluated.subset, fullSubset(tick, target));
    wakeForPartitions(root, evaluated);
    return ok({ requested, evaluated, state: stateOf(root, evaluated, requested) });
  } catch (error) {
    if (!(error instanceof EvaluationProblem)) throw error;
    return refuse("invalid_input", `The automation condition of ${target} cannot be evaluated: ${error.message}`, { target });
  }
}

/** The target and everything that cannot be executed without it. */
function request(tick: Tick, target: Target, subset: PartitionSubset): Target[] {
  const requested: Target[] = [];
  for (const other of new Set([target, ...tick.program.togetherWith(target)])) {
    const own = other === target ? subset : mapped(tick, subset, { from: target, to: other, direction: "up" });
    tick.requested.set(other, union(tick.requested.get(other) ?? EMPTY_SUBSET, own));
    requested.push(other);
  }
  return requested;
}

function stateOf(root: RootScope, evaluated: Evaluated, requested: PartitionSubset): TargetState {
  const { tick, root: target } = root;
  const set = partitionsOfTarget(tick, target);
  const nodes: Record<string, NodeState> = {};
  collectStates(evaluated, nodes);
  return {
    version: AUTOMATION_STATE_VERSION,
    now: tick.moment.at,
    sequence: tick.moment.sequence,
    kind: kindOf(set),
    requested: storeTruth(set, requested),
    nodes,
    wakeAt: Number.isFinite(root.wakeAt) ? root.wakeAt : null,
    active: root.previous === null || root.pulsed || requested.length > 0,
  };
}

/** Outer before inner: where Dagster's names collide, the inner one is what it keeps. */
function collectStates({ state, children }: Evaluated, nodes: Record<string, NodeState>): void {
  if (state) nodes[state[0]] = state[1];
  for (const child of children) collectStates(child, nodes);
}

/** New time windows come into being without an event. */
function wakeForPartitions(root: RootScope, evaluated: Evaluated): void {
  const seen = new Set<string>();
  const visit = ({ target, children }: Evaluated) => {
    const asset = assetOf(target);
    if (!seen.has(asset)) {
      seen.add(asset);
      wake(root, nextWindowEnd(root.tick.facts.partitions(asset), root.tick.moment.at));
    }
    children.forEach(visit);
  };
  visit(evaluated);
}

/** Partitions of time come into being at the ticks of their cron only. */
function nextWindowEnd(set: PartitionSet | null, now: number): number | null {
  if (set?.time) {
    const next = set.time.ticks.rawAtOrAfter(now + 1);
    return Number.isFinite(next) ? next : null;
  }
  const ends = (set?.dimensions ?? []).map((dimension) => nextWindowEnd(dimension.set, now)).filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}
