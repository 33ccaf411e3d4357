/**
 * Finds the partitions for which a condition holds: walks the tree; operators narrow, join and look back. In event order each keeps
 * when its parts became true, which is what lets `since` put updates and requests in the order in which they happened.
 */
import { difference, EMPTY_SUBSET, intersection, union, unionOf, type PartitionSubset } from "../partitions/subset.ts";
import type { Condition } from "./condition.ts";
import { conditionText } from "./describe.ts";
import type { Target } from "./facts.ts";
import { completed, latestOf, laterThan, NO_TIMING, partitionsOf, restricted, type Timing } from "./moment.ts";
import { nodeId } from "./node-id.ts";
import { evaluateOperand } from "./operands.ts";
import { assetOf, conditionsBelow, neighboursOf } from "./program.ts";
import { fullSubset, mapped, partitionsOfTarget, type Evaluated, type Scope } from "./scope.ts";
import { readTiming, readTruth, storeTiming, storeTruth } from "./state.ts";

type Value = Pick<Evaluated, "subset"> & Partial<Pick<Evaluated, "timing" | "children" | "state">>;

const TIMED_IN_DAGSTER: ReadonlySet<string> = new Set(["newly_updated", "newly_requested", "cron_tick_passed"]);

export function evaluateCondition(condition: Condition, scope: Scope): Evaluated {
  const value = valueOf(condition, { ...scope, path: [...scope.path, condition] });
  const { subset, timing = NO_TIMING, children = [], state = null } = value;
  return { condition, target: scope.target, candidates: scope.candidates, subset, timing, children, state };
}

function valueOf(condition: Condition, scope: Scope): Value {
  switch (condition.type) {
    case "and":
      return all(condition.of, scope);
    case "or":
      return any(
        condition.of.map((child) => evaluateCondition(child, scope)),
        scope,
      );
    case "not": {
      const child = evaluateCondition(condition.of, scope);
      return { subset: difference(scope.candidates, child.subset), children: [child] };
    }
    case "newly_true":
      return newlyTrue(condition, scope);
    case "since":
      return since(condition, scope);
    case "asset_matches":
      return neighbour(condition.of, condition.key, scope);
    case "deps_match":
    case "checks_match":
      return neighbours(condition, scope);
    case "any_downstream_conditions":
      return downstream(scope);
    default: {
      const value = evaluateOperand(condition, scope);
      if (value.pulse === true && value.subset.length > 0) scope.root.pulsed = true;
      return inEventOrder(scope) || TIMED_IN_DAGSTER.has(condition.type) ? value : { ...value, timing: NO_TIMING };
    }
  }
}

function inEventOrder(scope: Scope): boolean {
  return scope.root.tick.mode === "event_order";
}

/** What is true of several parts became so with the last of them. */
function joined(children: readonly Evaluated[], subset: PartitionSubset, scope: Scope): Timing {
  return inEventOrder(scope) ? restricted(latestOf(children.flatMap((child) => child.timing)), subset) : NO_TIMING;
}

function all(conditions: readonly Condition[], scope: Scope): Value {
  let subset = scope.candidates;
  const children: Evaluated[] = [];
  for (const condition of conditions) {
    const child = evaluateCondition(condition, { ...scope, candidates: subset });
    children.push(child);
    subset = intersection(subset, child.subset);
  }
  return { subset, children, timing: joined(children, subset, scope) };
}

function any(children: readonly Evaluated[], scope: Scope): Value {
  const subset = unionOf(children.map((child) => child.subset));
  return { subset, children, timing: joined(children, subset, scope) };
}

/** Looks at all partitions, whatever is asked for, so that no change goes by unseen. */
function newlyTrue(condition: Condition & { type: "newly_true" }, scope: Scope): Value {
  const { root, target } = scope;
  const child = evaluateCondition(condition.of, { ...scope, candidates: fullSubset(root.tick, target) });
  const set = partitionsOfTarget(root.tick, target);
  const id = nodeId(condition, root, target);
  const before = root.previous?.nodes[id];
  const subset = difference(child.subset, before && "true" in before ? readTruth(set, before.true) : EMPTY_SUBSET);
  if (subset.length > 0) root.pulsed = true;
  return {
    subset: intersection(scope.candidates, subset),
    children: [child],
    timing: inEventOrder(scope) ? completed(child.timing, subset, root.tick.moment) : NO_TIMING,
    state: [id, { true: storeTruth(set, child.subset) }],
  };
}

function since(condition: Condition & { type: "since" }, scope: Scope): Value {
  const { root, target } = scope;
  const everywhere = { ...scope, candidates: fullSubset(root.tick, target) };
  const trigger = evaluateCondition(condition.trigger, everywhere);
  const reset = evaluateCondition(condition.reset, everywhere);
  const set = partitionsOfTarget(root.tick, target);
  const id = nodeId(condition, root, target);
  const before = root.previous?.nodes[id];
  const children = [trigger, reset];
  if (inEventOrder(scope)) {
    const earlier = before && "since" in before ? readTiming(set, before.since) : NO_TIMING;
    const triggered = latestOf([...earlier, ...completed(trigger.timing, trigger.subset, root.tick.moment)]);
    const timing = laterThan(triggered, completed(reset.timing, reset.subset, root.tick.moment));
    return { subset: partitionsOf(timing), children, timing, state: [id, { since: storeTiming(set, timing) }] };
  }
  const earlier = before && "true" in before ? readTruth(set, before.true) : EMPTY_SUBSET;
  const both = intersection(trigger.subset, reset.subset);
  const triggerWins = both.length === 0 ? EMPTY_SUBSET : intersection(both, partitionsOf(laterInDagster(trigger.timing, reset.timing)));
  const subset = union(difference(union(earlier, trigger.subset), reset.subset), triggerWins);
  return { subset, children, timing: trigger.timing, state: [id, { true: storeTruth(set, subset) }] };
}

/** Without timing on both sides the reset wins. */
function laterInDagster(trigger: Timing, reset: Timing): Timing {
  return trigger.length === 0 || reset.length === 0 ? NO_TIMING : laterThan(trigger, reset);
}

/** Evaluates over there, and brings the result back through the partition mapping. */
function neighbour(condition: Condition, to: Target, scope: Scope): Value {
  const { root, target, candidates } = scope;
  const { graph } = root.tick.program;
  const [own, other] = [assetOf(target), assetOf(to)];
  const isBelow = own !== other && graph.upstreamOf(graph.indexOf(other)).includes(graph.indexOf(own));
  const direction = isBelow ? "down" : "up";
  const there = mapped(root.tick, candidates, { from: target, to, direction });
  const child = evaluateCondition(condition, { ...scope, target: to, candidates: there });
  const back = { from: to, to: target, direction: isBelow ? "up" : "down" } as const;
  return {
    subset: mapped(root.tick, child.subset, back),
    children: [child],
    timing: latestOf(child.timing.map(({ moment, subset }) => ({ moment, subset: mapped(root.tick, subset, back) }))),
  };
}

function neighbours(condition: Condition & { type: "deps_match" | "checks_match" }, scope: Scope): Value {
  const { program } = scope.root.tick;
  const children = neighboursOf(program, condition, scope.target).map((to): Evaluated => {
    const value = neighbour(condition.of, to, scope);
    const { subset, timing = NO_TIMING, children: inner = [] } = value;
    const matches: Condition = { type: "asset_matches", key: to, of: condition.of };
    return { condition: matches, target: scope.target, candidates: scope.candidates, subset, timing, children: inner, state: null };
  });
  if (condition.match === "all") {
    const subset = children.reduce((total, child) => intersection(total, child.subset), scope.candidates);
    return { subset, children, timing: joined(children, subset, scope) };
  }
  const subset = intersection(scope.candidates, unionOf(children.map((child) => child.subset)));
  // Dagster knows when a dependency was updated, but of a check not.
  const knowsWhen = inEventOrder(scope) || condition.type === "deps_match";
  return { subset, children, timing: knowsWhen ? latestOf(children.flatMap((child) => child.timing)) : NO_TIMING };
}

/** The conditions of everything downstream, each once, and none that is being evaluated already. */
function downstream(scope: Scope): Value {
  const around = new Set(scope.path.map(conditionText));
  const below = conditionsBelow(scope.root.tick.program, scope.target).filter((condition) => !around.has(conditionText(condition)));
  return any(
    below.map((condition) => evaluateCondition(condition, scope)),
    scope,
  );
}
