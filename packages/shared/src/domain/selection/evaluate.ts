/**
 * Finds the assets of a selection: set logic over the asset graph, in time linear in the graph for each operator. The meaning of
 * each form is Dagster's, without the defects of its old-syntax fallback.
 */
import { assertNever } from "../assert.ts";
import type { AssetGraph } from "../asset-graph.ts";
import { ok, refuse, type Result } from "../errors.ts";
import { shortened } from "../shortened.ts";
import type { Selection, TraversalDepth } from "./ast.ts";
import { attributePredicate, type SelectionContext } from "./attributes.ts";
import { matchingNodes, resolveNode, type KeyWord } from "./match-key.ts";

export type { AttributeQuery, SelectionContext } from "./attributes.ts";

/** One byte per node of the graph. */
type NodeSet = Uint8Array;

/** Clauses times assets: more would keep a deployment from doing anything else for seconds. */
const MAX_LOOKS = 100_000_000;
/** So many clauses are read in a message. */
const MAX_SHOWN = 5;

/** Keys in the order of the graph. */
export function evaluateSelection(selection: Selection, graph: AssetGraph, context: SelectionContext = {}): Result<string[]> {
  const clauses = looksOf(selection);
  if (clauses > 1 && clauses * graph.size > MAX_LOOKS)
    return refuse("too_large", `The selection has ${clauses} clauses, too many for ${graph.size} assets. Use fewer, e.g. wildcards.`);
  const result = evaluateNodes(selection, graph, context);
  return result.ok ? ok(members(result.value).map((node) => graph.keys[node] ?? "")) : result;
}

/** How many times all assets are looked at. */
function looksOf(selection: Selection): number {
  switch (selection.type) {
    case "or":
    case "and":
      return selection.of.reduce((total, part) => total + (selection.type === "or" && isPlainKey(part) ? 0 : looksOf(part)), 1);
    case "not":
    case "roots":
    case "sinks":
    case "traverse":
      return 1 + looksOf(selection.of);
    case "all":
    case "key":
    case "tag":
    case "attribute":
      return 1;
    default:
      return assertNever(selection);
  }
}

function isPlainKey(selection: Selection): selection is Selection & { type: "key" } {
  return selection.type === "key" && !selection.pattern.includes("*");
}

function evaluateNodes(selection: Selection, graph: AssetGraph, context: SelectionContext): Result<NodeSet> {
  switch (selection.type) {
    case "all":
      return ok(where(graph, (node) => countsInAll(graph, context, node)));
    case "key":
      return evaluateKey(selection, graph);
    case "tag":
    case "attribute": {
      const predicate = attributePredicate(selection, graph, context);
      return predicate.ok ? ok(where(graph, predicate.value)) : predicate;
    }
    case "and":
    case "or":
      return combine(selection, graph, context);
    case "not": {
      const inner = evaluateNodes(selection.of, graph, context);
      if (!inner.ok) return inner;
      return ok(where(graph, (node) => inner.value[node] === 0 && countsInAll(graph, context, node)));
    }
    case "roots":
    case "sinks": {
      const inner = evaluateNodes(selection.of, graph, context);
      if (!inner.ok) return inner;
      const nodes = members(inner.value);
      return ok(fromNodes(graph, selection.type === "roots" ? graph.roots(nodes) : graph.sinks(nodes)));
    }
    case "traverse":
      return traverse(selection, graph, context);
    default:
      return assertNever(selection);
  }
}

function evaluateKey(key: KeyWord, graph: AssetGraph): Result<NodeSet> {
  if (key.pattern.includes("*")) return ok(matchingNodes(graph, key));
  const node = resolveNode(graph, key);
  return node.ok ? ok(fromNodes(graph, node.value === -1 ? [] : [node.value])) : node;
}

function combine(selection: Selection & { type: "and" | "or" }, graph: AssetGraph, context: SelectionContext): Result<NodeSet> {
  const isAnd = selection.type === "and";
  const total = new Uint8Array(graph.size).fill(isAnd ? 1 : 0);
  for (const part of selection.of) {
    // A person who ticks a thousand assets in a list makes a selection of a thousand keys.
    if (!isAnd && isPlainKey(part)) {
      const node = resolveNode(graph, part);
      if (!node.ok) return node;
      if (node.value !== -1) total[node.value] = 1;
      continue;
    }
    const inner = evaluateNodes(part, graph, context);
    if (!inner.ok) return inner;
    for (let node = 0; node < total.length; node++) {
      if ((inner.value[node] === 1) !== isAnd) total[node] = isAnd ? 0 : 1;
    }
  }
  return ok(total);
}

/** Upwards, external nodes are left out unless asked for: nothing here can materialize them. */
function traverse(selection: Selection & { type: "traverse" }, graph: AssetGraph, context: SelectionContext): Result<NodeSet> {
  const inner = evaluateNodes(selection.of, graph, context);
  if (!inner.ok) return inner;
  const start = members(inner.value);
  const up = selection.up === 0 ? [] : graph.upstream(start, layers(selection.up)).filter((node) => countsInAll(graph, context, node));
  const down = selection.down === 0 ? [] : graph.downstream(start, layers(selection.down));
  return ok(fromNodes(graph, selection.up === 0 && selection.down === 0 ? start : [...up, ...down]));
}

function layers(depth: TraversalDepth): number {
  return depth === "all" ? Infinity : depth;
}

function countsInAll(graph: AssetGraph, context: SelectionContext, node: number): boolean {
  return context.includeExternal === true || graph.isMaterializable(node);
}

function where(graph: AssetGraph, predicate: (node: number) => boolean): NodeSet {
  const set = new Uint8Array(graph.size);
  for (let node = 0; node < graph.size; node++) if (predicate(node)) set[node] = 1;
  return set;
}

function fromNodes(graph: AssetGraph, nodes: Iterable<number>): NodeSet {
  const set = new Uint8Array(graph.size);
  for (const node of nodes) set[node] = 1;
  return set;
}

function members(set: NodeSet): number[] {
  const nodes: number[] = [];
  for (let node = 0; node < set.length; node++) if (set[node] === 1) nodes.push(node);
  return nodes;
}

/** The innermost clauses that match no asset, to say why a selection is empty. */
export function emptyClauses(selection: Selection, graph: AssetGraph, context: SelectionContext = {}): Selection[] {
  switch (selection.type) {
    case "and":
    case "or":
      return selection.of.flatMap((part) => emptyClauses(part, graph, context));
    case "not":
    case "roots":
    case "sinks":
    case "traverse":
      return emptyClauses(selection.of, graph, context);
    case "all":
    case "key":
    case "tag":
    case "attribute":
      break;
    default:
      return assertNever(selection);
  }
  const result = evaluateNodes(selection, graph, context);
  return result.ok && result.value.includes(1) ? [] : [selection];
}

/** For callers that run what they select: an empty result is an error that says which clause matched nothing. */
export function refuseEmpty(text: string, clauses: readonly string[]): Result<never> {
  const shown = clauses.slice(0, MAX_SHOWN).map((clause) => shortened(clause));
  const hint = shown.length > 0 ? ` Nothing matches ${shown.join(", ")}${clauses.length > MAX_SHOWN ? " and others" : ""}.` : "";
  const remedy = "`headgate assets` lists what there is.";
  return refuse("invalid_selection", `The selection ${shortened(text, 300)} contains no asset.${hint} ${remedy}`, { clauses: shown });
}
