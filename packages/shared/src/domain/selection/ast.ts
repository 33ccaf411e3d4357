/** A selection that was read: a plain JSON tree without positions, so that equal meanings written alike compare equal. */
export const SELECTION_ATTRIBUTES = [
  "owner",
  "group",
  "kind",
  "is",
  "status",
  "column",
  "table_name",
  "code_location",
  "changed_in_branch",
  "partitions",
  "automation_type",
  "sensor",
  "schedule",
  "job",
] as const;
export type SelectionAttribute = (typeof SELECTION_ATTRIBUTES)[number];

export const TAG_ATTRIBUTES = ["tag", "column_tag"] as const;
export type TagAttribute = (typeof TAG_ATTRIBUTES)[number];

/** Layers of a traversal; 0 is none. */
export type TraversalDepth = number | "all";

export type Selection =
  | { readonly type: "all" }
  /** `exact`: written as `key:...`. Otherwise a plain word, which may also be dotted or only the last segments of one key. `*` matches any characters. */
  | { readonly type: "key"; readonly pattern: string; readonly exact: boolean }
  | { readonly type: "tag"; readonly name: TagAttribute; readonly key: string; readonly value: string }
  /** `value` null: written as `<null>`. */
  | { readonly type: "attribute"; readonly name: SelectionAttribute; readonly value: string | null }
  | { readonly type: "and" | "or"; readonly of: readonly Selection[] }
  | { readonly type: "not" | "roots" | "sinks"; readonly of: Selection }
  | { readonly type: "traverse"; readonly of: Selection; readonly up: TraversalDepth; readonly down: TraversalDepth };

/** What an asset is like right now. */
export const STATUS_VALUES = [
  "healthy",
  "warning",
  "failed",
  "never",
  "materialized",
  "running",
  "queued",
  "overdue",
  "stale",
  "external",
] as const;
export const AUTOMATION_TYPE_VALUES = ["condition", "schedule", "sensor", "none"] as const;
export type AutomationType = (typeof AUTOMATION_TYPE_VALUES)[number];

/** Attributes that have these values only; a status in any mixture of cases. */
export const CLOSED_VALUES: Readonly<Partial<Record<SelectionAttribute, readonly string[]>>> = {
  is: ["external", "materializable"],
  partitions: ["none", "static", "dynamic", "time", "multipartitions"],
  status: STATUS_VALUES,
  automation_type: AUTOMATION_TYPE_VALUES,
};

export function isSelectionAttribute(text: string): text is SelectionAttribute {
  return SELECTION_ATTRIBUTES.some((name) => name === text);
}

export function isTagAttribute(text: string): text is TagAttribute {
  return text === "tag" || text === "column_tag";
}
