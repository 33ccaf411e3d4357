/** Why did it run, or why not? An evaluation as JSON that the dashboard draws and a person can read as lines of text. */
import { rangesOf, countOf, type PartitionSubset } from "../partitions/subset.ts";
import { RANGE_SEPARATOR, type PartitionSet } from "../partitions/partition-set.ts";
import { nodeName } from "./describe.ts";
import type { AutomationFacts, Target } from "./facts.ts";
import { assetOf } from "./program.ts";
import type { Evaluated } from "./scope.ts";

export interface EvaluationNode {
  readonly name: string;
  readonly label?: string | undefined;
  /** The asset or check that was asked. */
  readonly target: Target;
  /** How many partitions were asked about, and of how many it is true. */
  readonly asked: number;
  readonly count: number;
  /** Of partitioned targets: where it is true, as keys and `first...last`, at most a few. */
  readonly partitions?: readonly string[] | undefined;
  /** When it last became true, of what has a time. */
  readonly at?: number | undefined;
  readonly children: readonly EvaluationNode[];
}

const MAX_RANGES = 20;

export function evaluationTree(evaluated: Evaluated, facts: Pick<AutomationFacts, "partitions">): EvaluationNode {
  const { condition, target, candidates, subset, timing, children } = evaluated;
  const set = facts.partitions(assetOf(target));
  const [latest] = timing;
  return {
    name: nodeName(condition),
    ...(condition.label !== undefined && { label: condition.label }),
    target,
    asked: countOf(candidates),
    count: countOf(subset),
    ...(set && { partitions: rangeTexts(set, subset) }),
    ...(latest && { at: timing.reduce((newest, { moment }) => Math.max(newest, moment.at), latest.moment.at) }),
    children: children.map((child) => evaluationTree(child, facts)),
  };
}

function rangeTexts(set: PartitionSet, subset: PartitionSubset): string[] {
  return rangesOf(subset)
    .slice(-MAX_RANGES)
    .map(({ from, to }) => {
      const [first, last] = [set.keyAt(from) ?? "", set.keyAt(to - 1) ?? ""];
      return to - from === 1 ? first : `${first}${RANGE_SEPARATOR}${last}`;
    });
}

/** One line for each part, deeper ones indented: `+` true, `-` false, `~` true for some of the partitions. */
export function evaluationLines(tree: EvaluationNode, depth = 0): string[] {
  const sign = tree.count === 0 ? "-" : tree.count >= tree.asked ? "+" : "~";
  const name = tree.label === undefined ? tree.name : `${tree.label} (${tree.name})`;
  const where = tree.partitions && tree.count > 0 ? `: ${tree.partitions.join(", ")}` : "";
  return [`${"  ".repeat(depth)}${sign} ${name}${where}`, ...tree.children.flatMap((child) => evaluationLines(child, depth + 1))];
}
