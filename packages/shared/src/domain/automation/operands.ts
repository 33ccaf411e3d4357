/** Finds the partitions for which an operand is true now. Operands that mark a moment also say which. */
import { assertNever } from "../assert.ts";
import { tickAtOrBefore, nextTick } from "../cron/next.ts";
import { expandDimension, findDimension } from "../partitions/dimension.ts";
import type { PartitionSet } from "../partitions/partition-set.ts";
import { difference, EMPTY_SUBSET, firstOfEach, intersection, rangeSubset, unionOf, type PartitionSubset } from "../partitions/subset.ts";
import type { Operand, RunTagFilter } from "./condition.ts";
import type { RunFact, UpdateFact } from "./facts.ts";
import { latestOf, momentOfTick, NO_TIMING, type Moment, type Timing } from "./moment.ts";
import { assetOf } from "./program.ts";
import { canShareRun, partitionsOfTarget, wake, type Scope } from "./scope.ts";
import { kindOf, readTruth, type NodeState } from "./state.ts";

export interface OperandValue {
  readonly subset: PartitionSubset;
  /** When it became true; empty for what simply is so. */
  readonly timing?: Timing;
  readonly state?: readonly [id: string, state: NodeState];
  /** True for one evaluation only. */
  readonly pulse?: boolean;
}

const NOTHING: OperandValue = { subset: EMPTY_SUBSET };

export function evaluateOperand(operand: Operand, scope: Scope): OperandValue {
  const { root, target, candidates } = scope;
  const { facts } = root.tick;
  // These three have something to remember or to wake up for, even when no operator asks them.
  const always = operand.type === "code_version_changed" || operand.type === "cron_tick_passed" || operand.type === "initial_evaluation";
  if (candidates.length === 0 && !always) return NOTHING;
  switch (operand.type) {
    case "code_version_changed":
      return codeVersionChanged(scope);
    case "initial_evaluation":
      return isInitial(scope) ? now(scope) : NOTHING;
    case "cron_tick_passed":
      return cronTickPassed(operand, scope);
    case "missing":
      return { subset: difference(candidates, facts.succeeded(target)) };
    case "run_in_progress":
      return { subset: facts.running(target) };
    case "backfill_in_progress":
      return { subset: facts.backfilling(target) };
    case "execution_failed":
      return { subset: facts.failed(target) };
    case "check_passed":
      return { subset: intersection(candidates, facts.checkState(target).passed) };
    case "check_failed":
      return { subset: intersection(candidates, facts.checkState(target).failed) };
    case "newly_updated":
      return updated(scope, () => true);
    case "data_version_changed":
      return updated(scope, (update) => update.changedData);
    case "newly_requested":
      return newlyRequested(scope);
    case "will_be_requested":
      return willBeRequested(scope);
    case "in_latest_time_window":
      return { subset: latestWindow(scope, operand.lookbackSeconds) };
    case "freshness": {
      const freshness = facts.freshness(assetOf(target));
      wake(root, freshness?.changesAt ?? null);
      return freshness?.state === operand.state ? { subset: candidates } : NOTHING;
    }
    case "executed_with_root_target":
      return { subset: latestRunMatches(scope, (run) => target !== root.root && run.executes(root.root)) };
    case "executed_with_tags":
      return { subset: latestRunMatches(scope, (run) => hasTags(run, operand)) };
    case "new_updates_have_run_tags":
      return newUpdatesHaveTags(operand, scope);
    default:
      return assertNever(operand);
  }
}

/** All that is asked about, at this very moment. */
function now({ root, candidates }: Scope): OperandValue {
  return { subset: candidates, timing: [{ moment: root.tick.moment, subset: candidates }], pulse: true };
}

function isInitial({ root }: Scope): boolean {
  return root.previous === null || root.previous.kind !== kindOf(partitionsOfTarget(root.tick, root.root));
}

function codeVersionChanged(scope: Scope): OperandValue {
  const { root, target } = scope;
  const id = `code_version@${target}`;
  const before = root.previous?.nodes[id];
  const current = root.tick.facts.codeVersion(target);
  const state = [id, { codeVersion: current }] as const;
  const changed = before !== undefined && "codeVersion" in before && before.codeVersion !== null && before.codeVersion !== current;
  return { ...(changed ? now(scope) : NOTHING), state };
}

/** Wakes also without candidates: whether there are any may change before the next tick does. */
function cronTickPassed(operand: Operand & { type: "cron_tick_passed" }, { root, candidates }: Scope): OperandValue {
  const { program, mode, moment } = root.tick;
  const schedule = program.cron(operand);
  wake(root, nextTick(schedule, moment.at));
  const tick = tickAtOrBefore(schedule, moment.at);
  if (tick === null || root.previous === null || candidates.length === 0) return NOTHING;
  // Dagster counts the instant of the previous evaluation again, so that two evaluations at the tick fire twice.
  if (mode === "dagster" ? tick < root.previous.now : tick <= root.previous.now) return NOTHING;
  return { subset: candidates, timing: [{ moment: momentOfTick(tick), subset: candidates }], pulse: true };
}

function updated({ root, target }: Scope, counts: (update: UpdateFact) => boolean): OperandValue {
  if (root.previous === null) return NOTHING;
  const { facts, mode } = root.tick;
  const updates = facts.updates(target, root.previous.sequence).filter(counts);
  if (updates.length === 0) return NOTHING;
  const momentOf = (update: UpdateFact): Moment =>
    // What the target itself knew of the world dates from the start of its step, not from its end.
    mode === "event_order" && target === root.root ? (update.started ?? update.moment) : update.moment;
  const timing = latestOf(updates.map((update) => ({ moment: momentOf(update), subset: update.partitions })));
  return { subset: unionOf(updates.map((update) => update.partitions)), timing, pulse: true };
}

function newlyRequested({ root, target }: Scope): OperandValue {
  const { states, mode } = root.tick;
  const before = target === root.root ? root.previous : (states.get(target) ?? null);
  const clock = mode === "dagster" ? root.previous : before;
  if (before === null) return NOTHING;
  const subset = readTruth(partitionsOfTarget(root.tick, target), before.requested);
  if (subset.length === 0) return NOTHING;
  const timing = clock === null ? NO_TIMING : [{ moment: { at: clock.now, sequence: clock.sequence }, subset }];
  return { subset, timing, pulse: true };
}

function willBeRequested({ root, target }: Scope): OperandValue {
  const subset = root.tick.requested.get(target);
  if (!subset || subset.length === 0 || !canShareRun(root.tick, root.root, target)) return NOTHING;
  return { subset, timing: [{ moment: root.tick.moment, subset }], pulse: true };
}

function latestWindow({ root, target }: Scope, lookbackSeconds: number | undefined): PartitionSubset {
  const set = partitionsOfTarget(root.tick, target);
  if (!set) return [0, 1];
  if (set.time) return latestOfTime(set, lookbackSeconds);
  const dimension = set.dimensions?.find((own) => own.set.time !== null);
  const place = dimension ? findDimension(set, dimension.name) : null;
  if (!dimension || !place) return rangeSubset(0, set.count);
  return expandDimension(place, latestOfTime(dimension.set, lookbackSeconds));
}

function latestOfTime(set: PartitionSet, lookbackSeconds: number | undefined): PartitionSubset {
  const last = set.time?.windowAt(set.count - 1);
  if (!set.time || !last) return EMPTY_SUBSET;
  if (lookbackSeconds === undefined) return rangeSubset(set.count - 1, set.count);
  return rangeSubset(set.time.ticks.countBefore(last.end - lookbackSeconds * 1000), set.count);
}

function latestRunMatches({ root, target, candidates }: Scope, matches: (run: RunFact) => boolean): PartitionSubset {
  const { facts, mode } = root.tick;
  const latest = facts.latestUpdate(target);
  if (!latest) return EMPTY_SUBSET;
  const isMatch = (run: RunFact | null | undefined) => run !== null && run !== undefined && matches(run);
  // Dagster looks at the asset's very last materialization only, whatever other partitions were updated since the previous evaluation.
  const updates = mode === "event_order" && root.previous ? facts.updates(target, root.previous.sequence) : [];
  // The last update of a partition decides.
  const lastFirst = [latest, ...updates].toReversed();
  const decided = firstOfEach(lastFirst.map((update) => intersection(candidates, update.partitions)));
  return unionOf(decided.filter((_, index) => isMatch(lastFirst[index]?.run)));
}

function newUpdatesHaveTags(operand: Operand & { type: "new_updates_have_run_tags" }, { root, target }: Scope): OperandValue {
  if (root.previous === null) return NOTHING;
  const updates = root.tick.facts.updates(target, root.previous.sequence);
  const [tagged = [], plain = []] = [true, false].map((wanted) =>
    updates.filter(({ run }) => (run !== null && hasTags(run, operand)) === wanted),
  );
  const some = unionOf(tagged.map(({ partitions }) => partitions));
  const others = unionOf(plain.map(({ partitions }) => partitions));
  return { subset: operand.match === "any" ? some : difference(some, others), pulse: true };
}

function hasTags({ tags }: RunFact, { keys = [], values = {} }: RunTagFilter): boolean {
  return keys.every((key) => Object.hasOwn(tags, key)) && Object.entries(values).every(([key, value]) => tags[key] === value);
}
