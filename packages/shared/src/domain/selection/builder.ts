/**
 * Writes selections in code: `select.groups("bronze")`, `select.keys("stg_customers").downstream()`. Every value is a plain
 * selection tree (its methods are not part of its JSON), so `printSelection` writes it as text and the two forms mean the same.
 */
import type { Selection, TraversalDepth } from "./ast.ts";

export interface SelectionMethods {
  /** The selected assets and everything above them, or only `depth` layers. */
  upstream(depth?: number): SelectionBuilder;
  /** The selected assets and everything below them, or only `depth` layers. */
  downstream(depth?: number): SelectionBuilder;
  /** What is in this selection and in all of the others. */
  and(...others: Selection[]): SelectionBuilder;
  /** What is in this selection or in one of the others. */
  or(...others: Selection[]): SelectionBuilder;
  /** What is in this selection and in none of the others. */
  minus(...others: Selection[]): SelectionBuilder;
  /** Everything that is not in this selection. */
  not(): SelectionBuilder;
  /** Those without an ancestor in the selection. */
  roots(): SelectionBuilder;
  /** Those without a descendant in the selection. */
  sinks(): SelectionBuilder;
}
/** A selection of assets, with methods that narrow or widen it. */
export type SelectionBuilder = Selection & SelectionMethods;

type Some<T> = readonly [T, ...T[]];

export const select = {
  /** Every asset. */
  all: () => build({ type: "all" }),
  /** Keys as `silver/dim_customer`, `silver.dim_customer` or, where only one asset ends so, `dim_customer`; `*` is a wildcard. */
  keys: (...keys: Some<string>) => build(anyOf(keys.map((pattern) => ({ type: "key", pattern, exact: false })))),
  /** Assets of one of these groups. */
  groups: (...groups: Some<string>) => attribute("group", groups),
  /** Assets of one of these kinds, e.g. `dbt`. */
  kinds: (...kinds: Some<string>) => attribute("kind", kinds),
  /** Assets of one of these owners. */
  owners: (...owners: Some<string>) => attribute("owner", owners),
  /** Assets of one of these code locations. */
  codeLocations: (...locations: Some<string>) => attribute("code_location", locations),
  /** Assets with this tag; without a value, whatever its value. */
  tag: (key: string, value = "") => build({ type: "tag", name: "tag", key, value }),
  /** What is in all of these selections. */
  and: (...parts: Some<Selection>) => build(combined("and", parts)),
  /** What is in one of these selections. */
  or: (...parts: Some<Selection>) => build(combined("or", parts)),
  /** Everything that is not in this selection. */
  not: (selection: Selection) => build({ type: "not", of: plain(selection) }),
  /** Assets of the selection without an ancestor in it. */
  roots: (selection: Selection) => build({ type: "roots", of: plain(selection) }),
  /** Assets of the selection without a descendant in it. */
  sinks: (selection: Selection) => build({ type: "sinks", of: plain(selection) }),
  /** Gives the methods to a parsed selection. */
  from: (selection: Selection) => build(plain(selection)),
};

const methods: SelectionMethods & ThisType<Selection> = {
  upstream(depth) {
    return traverse(this, { up: depth ?? "all", down: 0 });
  },
  downstream(depth) {
    return traverse(this, { up: 0, down: depth ?? "all" });
  },
  and(...others) {
    return build(combined("and", [this, ...others]));
  },
  or(...others) {
    return build(combined("or", [this, ...others]));
  },
  minus(...others) {
    return build(combined("and", [this, ...others.map((other): Selection => ({ type: "not", of: plain(other) }))]));
  },
  not() {
    return select.not(this);
  },
  roots() {
    return select.roots(this);
  },
  sinks() {
    return select.sinks(this);
  },
};

function build(selection: Selection): SelectionBuilder {
  const builder: SelectionBuilder = Object.assign(Object.create(methods), selection);
  return builder;
}

/** Without the methods, so that trees made by builders and by the parser are alike. */
function plain(selection: Selection): Selection {
  return { ...selection };
}

function attribute(name: "group" | "kind" | "owner" | "code_location", values: Some<string>): SelectionBuilder {
  return build(anyOf(values.map((value) => ({ type: "attribute", name, value }))));
}

function anyOf(parts: readonly Selection[]): Selection {
  return combined("or", parts);
}

function combined(type: "and" | "or", parts: readonly Selection[]): Selection {
  const of = parts.flatMap((part) => (part.type === type ? part.of : [plain(part)]));
  const [only] = of;
  return of.length === 1 && only ? only : { type, of };
}

function traverse(selection: Selection, depth: { up: TraversalDepth; down: TraversalDepth }): SelectionBuilder {
  if (depth.up === 0 && depth.down === 0) return build(plain(selection));
  return build({ type: "traverse", of: plain(selection), ...depth });
}
