/** Changes ready-made conditions. Every function returns a new tree; parts are found by label, by name or by meaning. */
import { ok, refuse, type Result } from "../errors.ts";
import { withChildren, type Condition } from "./condition.ts";
import { conditionText, nodeName } from "./describe.ts";

/** Every dependency and check operator in it looks only at these neighbours. Asked again, also at those. */
export function allow(condition: Condition, selection: string): Condition {
  return narrowed(condition, (node) => ({ ...node, allow: joined(node.allow, selection) }));
}

/** Every dependency and check operator in it passes over these neighbours. */
export function ignore(condition: Condition, selection: string): Condition {
  return narrowed(condition, (node) => ({ ...node, ignore: joined(node.ignore, selection) }));
}

type Narrowable = Condition & { type: "deps_match" | "checks_match" };

/** Inside the operand the neighbours of a neighbour are meant, which the caller did not speak of. */
function narrowed(condition: Condition, change: (node: Narrowable) => Condition): Condition {
  if (condition.type === "deps_match" || condition.type === "checks_match") return change(condition);
  if (condition.type === "newly_true" || condition.type === "asset_matches") return condition;
  return withChildren(condition, (child) => narrowed(child, change));
}

function joined(before: string | undefined, selection: string): string {
  return before === undefined ? selection : `(${selection}) or (${before})`;
}

/** Replaces every part that has this label or name, or means the same as this condition. */
export function replace(condition: Condition, old: Condition | string, by: Condition): Condition {
  const text = typeof old === "string" ? old : conditionText(old);
  const isMeant = typeof old === "string" ? (part: Condition) => part.label === text || nodeName(part) === text : sameMeaning(text);
  const change = (part: Condition): Condition => (isMeant(part) ? by : withChildren(part, change));
  return change(condition);
}

/** An `and` without one of its operands. */
export function without(condition: Condition, part: Condition | string): Result<Condition> {
  if (condition.type !== "and") return refuse("invalid_input", "Only an operand of `and` can be left out.");
  const isMeant =
    typeof part === "string" ? (own: Condition) => own.label === part || nodeName(own) === part : sameMeaning(conditionText(part));
  const of = condition.of.filter((own) => !isMeant(own));
  if (of.length === condition.of.length) {
    return refuse("not_found", `The condition has no operand ${typeof part === "string" ? `"${part}"` : conditionText(part)}.`);
  }
  if (of.length < 2) return refuse("invalid_input", "Of an `and` at least two operands must remain.");
  return ok({ ...condition, of });
}

function sameMeaning(text: string): (part: Condition) => boolean {
  return (part) => conditionText(part) === text;
}
