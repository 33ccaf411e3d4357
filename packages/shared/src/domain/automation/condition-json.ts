/** Reads a condition from JSON of a manifest or an API, and refuses everything else with the place where it is wrong. */
import { ok, refuse, type Result } from "../errors.ts";
import { FRESHNESS_STATES } from "../health/freshness.ts";
import { isPlainOperand, type Condition, type Neighbours, type RunTagFilter } from "./condition.ts";

const MAX_DEPTH = 50;
const MAX_NODES = 5000;
const MAX_TEXT = 10_000;

/** Carries a refusal out of the tree; never leaves this file. */
class ConditionProblem extends Error {
  override readonly name = "ConditionProblem";
}

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly nodes: { count: number };
}

export function readCondition(json: unknown): Result<Condition> {
  try {
    return ok(readNode(json, { path: "condition", depth: 0, nodes: { count: 0 } }));
  } catch (error) {
    if (error instanceof ConditionProblem) return refuse("invalid_input", error.message);
    throw error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(json: unknown): json is Fields {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function readNode(json: unknown, place: Place): Condition {
  if (place.depth > MAX_DEPTH) throw problem(place, `is nested more than ${MAX_DEPTH} deep`);
  if (++place.nodes.count > MAX_NODES) throw problem(place, `makes more than ${MAX_NODES} parts`);
  if (!isFields(json)) throw problem(place, "is not an object");
  // Only what the object itself has: a name from its prototype is not a field.
  const fields: Fields = Object.assign(Object.create(null), json);
  const label = fields["label"] === undefined ? undefined : readText(fields, { name: "label", place });
  const condition = readType(fields, place);
  return label === undefined ? condition : { ...condition, label };
}

function readType(fields: Fields, place: Place): Condition {
  const type = readText(fields, { name: "type", place });
  if (isPlainOperand(type)) return { type };
  switch (type) {
    case "and":
    case "or":
      return { type, of: readList(fields["of"], place) };
    case "not":
    case "newly_true":
      return { type, of: readNode(fields["of"], below(place, "of")) };
    case "since":
      return {
        type,
        trigger: readNode(fields["trigger"], below(place, "trigger")),
        reset: readNode(fields["reset"], below(place, "reset")),
      };
    case "asset_matches":
      return { type, key: readText(fields, { name: "key", place }), of: readNode(fields["of"], below(place, "of")) };
    case "deps_match":
      return { type, match: readMatch(fields, place), of: readNode(fields["of"], below(place, "of")), ...readNeighbours(fields, place) };
    case "checks_match": {
      const { blockingOnly } = fields;
      if (blockingOnly !== undefined && typeof blockingOnly !== "boolean")
        throw problem(below(place, "blockingOnly"), "is not true or false");
      const checks = {
        type,
        match: readMatch(fields, place),
        of: readNode(fields["of"], below(place, "of")),
        ...readNeighbours(fields, place),
      };
      return blockingOnly === undefined ? checks : { ...checks, blockingOnly };
    }
    case "any_downstream_conditions":
      return { type };
    case "in_latest_time_window": {
      const { lookbackSeconds } = fields;
      if (lookbackSeconds === undefined) return { type };
      if (typeof lookbackSeconds !== "number" || !(lookbackSeconds > 0 && lookbackSeconds < 1e10))
        throw problem(below(place, "lookbackSeconds"), "is not a number of seconds");
      return { type, lookbackSeconds };
    }
    case "cron_tick_passed":
      return { type, cron: readText(fields, { name: "cron", place }), timezone: readText(fields, { name: "timezone", place }) };
    case "freshness": {
      const state = FRESHNESS_STATES.find((known) => known === fields["state"]);
      if (!state) throw problem(below(place, "state"), `is not one of ${FRESHNESS_STATES.join(", ")}`);
      return { type, state };
    }
    case "executed_with_tags":
      return { type, ...readTags(fields, place) };
    case "new_updates_have_run_tags":
      return { type, match: readMatch(fields, place), ...readTags(fields, place) };
    default:
      throw problem(below(place, "type"), `"${type.slice(0, 60)}" is not an automation condition`);
  }
}

function readList(json: unknown, place: Place): Condition[] {
  if (!Array.isArray(json) || json.length === 0) throw problem(below(place, "of"), "is not a list of one or more conditions");
  return json.map((child: unknown, index) => readNode(child, below(place, `of[${index}]`)));
}

function readMatch(fields: Fields, place: Place): "any" | "all" {
  const { match } = fields;
  if (match === "any" || match === "all") return match;
  throw problem(below(place, "match"), 'is neither "any" nor "all"');
}

function readNeighbours(fields: Fields, place: Place): Neighbours {
  return {
    ...(fields["allow"] !== undefined && { allow: readText(fields, { name: "allow", place }) }),
    ...(fields["ignore"] !== undefined && { ignore: readText(fields, { name: "ignore", place }) }),
  };
}

function readTags({ keys, values }: Fields, place: Place): RunTagFilter {
  const isTexts = (list: readonly unknown[]): list is string[] =>
    list.every((entry) => typeof entry === "string" && entry.length <= MAX_TEXT);
  if (keys !== undefined && !(Array.isArray(keys) && isTexts(keys))) throw problem(below(place, "keys"), "is not a list of texts");
  if (values === undefined) return keys === undefined ? {} : { keys };
  const texts = isFields(values) ? Object.values(values) : [null];
  if (!isTexts(texts)) throw problem(below(place, "values"), "does not map tags to texts");
  const pairs = Object.keys(values ?? {}).map((key, index): [string, string] => [key, texts[index] ?? ""]);
  return { ...(keys !== undefined && { keys }), values: Object.fromEntries(pairs) };
}

function readText(fields: Fields, at: { readonly name: string; readonly place: Place }): string {
  const text = fields[at.name];
  if (typeof text !== "string") throw problem(below(at.place, at.name), "is not a text");
  if (text.length > MAX_TEXT) throw problem(below(at.place, at.name), `has ${text.length} characters; at most ${MAX_TEXT} are allowed`);
  return text;
}

function below(place: Place, name: string): Place {
  return { ...place, path: `${place.path}.${name}`, depth: place.depth + 1 };
}

function problem(place: Place, what: string): ConditionProblem {
  return new ConditionProblem(`Automation condition: ${place.path} ${what}.`);
}
