/**
 * An automation condition is a tree of plain JSON: operands ask something about an asset or a check and hold for some of its
 * partitions, operators combine them. The names are Dagster's. `build.ts` makes trees, `condition-json.ts` reads them from outside.
 */
import type { FreshnessState } from "../health/freshness.ts";

/** All of the keys and all of the values must be on the run. */
export interface RunTagFilter {
  readonly keys?: readonly string[] | undefined;
  readonly values?: Readonly<Record<string, string>> | undefined;
}

/** Selections (texts) that narrow down which neighbours an operator looks at. */
export interface Neighbours {
  readonly allow?: string | undefined;
  readonly ignore?: string | undefined;
}

export const PLAIN_OPERANDS = [
  "missing", // never materialized (a check: never evaluated)
  "run_in_progress",
  "backfill_in_progress",
  "execution_failed", // the last execution failed, after the last success
  "newly_updated", // materialized since the previous evaluation
  "newly_requested", // requested by the previous evaluation
  "will_be_requested", // requested in this evaluation, and can share a run with the target
  "initial_evaluation",
  "code_version_changed",
  "data_version_changed",
  "check_passed",
  "check_failed",
  "executed_with_root_target", // the run of the last update also has the asset that the whole condition belongs to
] as const;
export type PlainOperand = (typeof PLAIN_OPERANDS)[number];

export type Operand =
  | { readonly type: PlainOperand }
  /** Starts within the newest window, or within `lookbackSeconds` before its end. Everything without time partitions. */
  | { readonly type: "in_latest_time_window"; readonly lookbackSeconds?: number | undefined }
  | { readonly type: "cron_tick_passed"; readonly cron: string; readonly timezone: string }
  | { readonly type: "freshness"; readonly state: FreshnessState }
  /** The run of the last update has the tags. */
  | ({ readonly type: "executed_with_tags" } & RunTagFilter)
  /** The runs of any or all updates since the previous evaluation have the tags. */
  | ({ readonly type: "new_updates_have_run_tags"; readonly match: "any" | "all" } & RunTagFilter);

export type Operator =
  | { readonly type: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly type: "not"; readonly of: Condition }
  /** In the evaluation in which it becomes true. */
  | { readonly type: "newly_true"; readonly of: Condition }
  /** From the last time `trigger` was true until `reset` is. */
  | { readonly type: "since"; readonly trigger: Condition; readonly reset: Condition }
  | { readonly type: "asset_matches"; readonly key: string; readonly of: Condition }
  | ({ readonly type: "deps_match"; readonly match: "any" | "all"; readonly of: Condition } & Neighbours)
  | ({
      readonly type: "checks_match";
      readonly match: "any" | "all";
      readonly of: Condition;
      readonly blockingOnly?: boolean | undefined;
    } & Neighbours)
  /** Any condition of an asset downstream holds for this asset. */
  | { readonly type: "any_downstream_conditions" };

export type Condition = (Operand | Operator) & {
  /** What people call this part: `eager`, `any_deps_updated`. No influence on the result. */
  readonly label?: string | undefined;
};

export function isPlainOperand(type: string): type is PlainOperand {
  return PLAIN_OPERANDS.some((known) => known === type);
}

export function childrenOf(condition: Condition): readonly Condition[] {
  switch (condition.type) {
    case "and":
    case "or":
      return condition.of;
    case "since":
      return [condition.trigger, condition.reset];
    case "not":
    case "newly_true":
    case "asset_matches":
    case "deps_match":
    case "checks_match":
      return [condition.of];
    default:
      return [];
  }
}

/** The same node over other children; operands stay as they are. */
export function withChildren(condition: Condition, change: (child: Condition) => Condition): Condition {
  switch (condition.type) {
    case "and":
    case "or":
      return { ...condition, of: condition.of.map(change) };
    case "since":
      return { ...condition, trigger: change(condition.trigger), reset: change(condition.reset) };
    case "not":
    case "newly_true":
    case "asset_matches":
    case "deps_match":
    case "checks_match":
      return { ...condition, of: change(condition.of) };
    default:
      return condition;
  }
}
