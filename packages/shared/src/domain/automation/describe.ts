/** Writes a condition as one line of text with every parameter, so that equal texts mean equal conditions, and names a single node. */
import { assertNever } from "../assert.ts";
import type { Condition, Neighbours, RunTagFilter } from "./condition.ts";

/** Labels stand for what they label. */
export function describeCondition(condition: Condition): string {
  return condition.label ?? conditionText(condition);
}

/** Without labels. */
export function conditionText(condition: Condition): string {
  switch (condition.type) {
    case "and":
      return condition.of.map(bracketed).join(" & ");
    case "or":
      return condition.of.map(bracketed).join(" | ");
    case "not":
      return `~${bracketed(condition.of)}`;
    case "since":
      return `since(${conditionText(condition.trigger)}, ${conditionText(condition.reset)})`;
    case "newly_true":
    case "asset_matches":
    case "deps_match":
    case "checks_match":
      return `${nodeName(condition)}{${conditionText(condition.of)}}`;
    default:
      return nodeName(condition);
  }
}

function bracketed(condition: Condition): string {
  const text = conditionText(condition);
  return condition.type === "and" || condition.type === "or" ? `(${text})` : text;
}

/** The node alone, with its parameters. */
export function nodeName(condition: Condition): string {
  switch (condition.type) {
    case "asset_matches":
      return condition.key;
    case "deps_match":
      return named(`${condition.match}_deps_match`, neighbours(condition));
    case "checks_match":
      return named(`${condition.match}_checks_match`, [...(condition.blockingOnly === true ? ["blocking"] : []), ...neighbours(condition)]);
    case "in_latest_time_window":
      return named(condition.type, condition.lookbackSeconds === undefined ? [] : [`${condition.lookbackSeconds} s`]);
    case "cron_tick_passed":
      return named(condition.type, [condition.cron, condition.timezone]);
    case "freshness":
      return named(condition.type, [condition.state]);
    case "executed_with_tags":
      return named(condition.type, tags(condition));
    case "new_updates_have_run_tags":
      return named(`${condition.match}_${condition.type}`, tags(condition));
    case "and":
    case "or":
    case "not":
    case "since":
    case "newly_true":
    case "any_downstream_conditions":
    case "missing":
    case "run_in_progress":
    case "backfill_in_progress":
    case "execution_failed":
    case "newly_updated":
    case "newly_requested":
    case "will_be_requested":
    case "initial_evaluation":
    case "code_version_changed":
    case "data_version_changed":
    case "check_passed":
    case "check_failed":
    case "executed_with_root_target":
      return condition.type;
    default:
      return assertNever(condition);
  }
}

function named(name: string, parameters: readonly string[]): string {
  return parameters.length === 0 ? name : `${name}(${parameters.join(", ")})`;
}

function neighbours({ allow, ignore }: Neighbours): string[] {
  return [...(allow === undefined ? [] : [`allow ${allow}`]), ...(ignore === undefined ? [] : [`ignore ${ignore}`])];
}

function tags({ keys = [], values = {} }: RunTagFilter): string[] {
  const pairs = Object.entries(values).map(([key, value]) => JSON.stringify([key, value]));
  return [...keys.map((key) => JSON.stringify(key)), ...pairs].sort();
}
