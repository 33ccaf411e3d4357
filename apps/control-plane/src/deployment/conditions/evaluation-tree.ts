/** The storage format of evaluation trees. Values equal to the parent's or to a default are omitted, because thousands of trees are stored. */
import type { EvaluationNode } from "@headgate/shared/domain/automation/tree.ts";

interface StoredNode {
  readonly n: string;
  readonly l?: string;
  /** Present if it differs from the parent's. */
  readonly t?: string;
  readonly a?: number;
  /** Present if it is not 0. */
  readonly c?: number;
  readonly p?: readonly string[];
  readonly w?: number;
  readonly k?: readonly StoredNode[];
}

type Surroundings = Pick<EvaluationNode, "target" | "asked">;
const NOWHERE: Surroundings = { target: "", asked: 0 };

export function writeTree(tree: EvaluationNode): string {
  return JSON.stringify(shortened(tree, NOWHERE));
}

export function readTree(text: string): EvaluationNode {
  return restored(JSON.parse(text) as StoredNode, NOWHERE);
}

function shortened(node: EvaluationNode, parent: Surroundings): StoredNode {
  const { name, label, target, asked, count, partitions, at, children } = node;
  return {
    n: name,
    ...(label !== undefined && { l: label }),
    ...(target !== parent.target && { t: target }),
    ...(asked !== parent.asked && { a: asked }),
    ...(count !== 0 && { c: count }),
    ...(partitions !== undefined && { p: partitions }),
    ...(at !== undefined && { w: at }),
    ...(children.length > 0 && { k: children.map((child) => shortened(child, node)) }),
  };
}

function restored(stored: StoredNode, parent: Surroundings): EvaluationNode {
  const own = { target: stored.t ?? parent.target, asked: stored.a ?? parent.asked };
  return {
    name: stored.n,
    ...(stored.l !== undefined && { label: stored.l }),
    ...own,
    count: stored.c ?? 0,
    ...(stored.p !== undefined && { partitions: stored.p }),
    ...(stored.w !== undefined && { at: stored.w }),
    children: (stored.k ?? []).map((child) => restored(child, own)),
  };
}
