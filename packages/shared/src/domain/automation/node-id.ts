/**
 * Names the state of an operator that looks back. In event order the name follows from its meaning, so that editing the tree around it
 * loses nothing. Dagster names it by the outermost words of its operands, so that two of one tree may share (and overwrite) their state.
 */
import { childrenOf, type Condition } from "./condition.ts";
import { conditionText, nodeName } from "./describe.ts";
import type { Target } from "./facts.ts";
import { textHash } from "../text-hash.ts";
import type { RootScope } from "./scope.ts";

type LookingBack = Condition & { type: "since" | "newly_true" };

const texts = new WeakMap<Condition, string>();

export function nodeId(condition: LookingBack, { tick, root }: RootScope, target: Target): string {
  const place = target === root ? "" : `@${target}`;
  if (tick.mode === "dagster") return dagsterId(condition) + place;
  const known = texts.get(condition) ?? textHash(conditionText(condition));
  texts.set(condition, known);
  return known + place;
}

function dagsterId(condition: LookingBack): string {
  const children = childrenOf(condition).map((child, index) =>
    child.type === "since" || child.type === "newly_true" ? dagsterId(child) : `${index}${dagsterName(child)}`,
  );
  return `${condition.type}(${children.join(",")})`;
}

function dagsterName(condition: Condition): string {
  if (condition.type === "deps_match" || condition.type === "checks_match") return `${condition.match}_${condition.type}`;
  return nodeName(condition);
}
