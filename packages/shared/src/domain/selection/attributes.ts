/** Finds the nodes that have an attribute. The graph answers what it knows; the caller's functions the rest (status, jobs, columns...). */
import { assertNever } from "../assert.ts";
import type { AssetGraph } from "../asset-graph.ts";
import { ok, refuse, type Result } from "../errors.ts";
import type { GraphAsset } from "../run/plan-types.ts";
import type { Selection } from "./ast.ts";
import { matchesWildcard } from "./match-key.ts";

export interface AttributeQuery {
  readonly asset: string;
  /** Null: `<null>`. For `column_tag`: the tag's key. */
  readonly value: string | null;
  /** For `column_tag`: the tag's value. */
  readonly tagValue: string;
}

const GIVEN_ATTRIBUTES = [
  "status",
  "column",
  "column_tag",
  "table_name",
  "changed_in_branch",
  "automation_type",
  "sensor",
  "schedule",
  "job",
] as const;
export type GivenAttribute = (typeof GIVEN_ATTRIBUTES)[number];

export interface SelectionContext {
  /** Count external assets in `*`, `not`, attributes and upstream traversals, as a lineage view wants. Default: only what can be materialized. */
  readonly includeExternal?: boolean | undefined;
  /** Answers for attributes that are not part of the graph. One that is missing here is refused with a clear message. */
  readonly attributes?: Readonly<Partial<Record<GivenAttribute, (query: AttributeQuery) => boolean>>> | undefined;
}

type NodePredicate = (node: number) => boolean;

export function attributePredicate(
  selection: Selection & { type: "tag" | "attribute" },
  graph: AssetGraph,
  context: SelectionContext,
): Result<NodePredicate> {
  if (selection.type === "tag") {
    if (selection.name === "column_tag")
      return given({ name: "column_tag", value: selection.key, tagValue: selection.value }, graph, context);
    const { key, value } = selection;
    // A tag without a value is stored with an empty one.
    return ok(internal(graph, context, (asset) => Object.hasOwn(asset.tags, key) && asset.tags[key] === value));
  }
  const { name, value } = selection;
  switch (name) {
    case "group":
      return ok(internal(graph, context, (asset) => value !== null && matchesWildcard(value, asset.group)));
    case "kind":
      return ok(internal(graph, context, (asset) => (value === null ? asset.kinds.length === 0 : asset.kinds.includes(value))));
    case "owner":
      return ok((node) => value !== null && (graph.assets[node]?.owners.includes(value) ?? false));
    case "code_location":
      return ok(internal(graph, context, (asset) => value !== null && asset.location === value.slice(value.lastIndexOf("@") + 1)));
    case "is":
      return ok((node) => graph.isMaterializable(node) === (value === "materializable"));
    case "partitions":
      return ok((node) => partitionsKind(graph.assets[node]?.partitions) === value);
    case "status":
    case "column":
    case "table_name":
    case "changed_in_branch":
    case "automation_type":
    case "sensor":
    case "schedule":
    case "job":
      return given({ name, value, tagValue: "" }, graph, context);
    default:
      return assertNever(name);
  }
}

function internal(graph: AssetGraph, context: SelectionContext, predicate: (asset: GraphAsset) => boolean): NodePredicate {
  return (node) => {
    const asset = graph.assets[node];
    return asset ? (asset.unit !== null || context.includeExternal === true) && predicate(asset) : false;
  };
}

function given(
  query: { name: GivenAttribute } & Omit<AttributeQuery, "asset">,
  graph: AssetGraph,
  context: SelectionContext,
): Result<NodePredicate> {
  const { name, value, tagValue } = query;
  const answer = context.attributes?.[name];
  if (answer) return ok((node) => answer({ asset: graph.keys[node] ?? "", value, tagValue }));
  const whoKnows =
    name === "changed_in_branch"
      ? "no deployment knows what its code differs from"
      : "it is answered where a deployment's assets are listed";
  return refuse("invalid_selection", `"${name}:" is not known here: ${whoKnows}. Select by key, group, tag, owner or kind instead.`, {
    attribute: name,
  });
}

function partitionsKind(definition: GraphAsset["partitions"]): string {
  if (!definition) return "none";
  return definition.type === "multi" ? "multipartitions" : definition.type;
}
