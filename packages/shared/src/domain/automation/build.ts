/**
 * Builds conditions: a function for each operand and operator, and Dagster's ready-made ones (`eager`, `onCron`, `onMissing`) composed of
 * them, so that their parts can be replaced.
 */
import type { FreshnessState } from "../health/freshness.ts";
import type { Condition, PlainOperand, RunTagFilter } from "./condition.ts";

function plain(type: PlainOperand): () => Condition {
  return () => ({ type });
}

export const missing = plain("missing");
export const runInProgress = plain("run_in_progress");
export const backfillInProgress = plain("backfill_in_progress");
export const executionFailed = plain("execution_failed");
export const newlyUpdated = plain("newly_updated");
export const newlyRequested = plain("newly_requested");
export const willBeRequested = plain("will_be_requested");
export const initialEvaluation = plain("initial_evaluation");
export const codeVersionChanged = plain("code_version_changed");
export const dataVersionChanged = plain("data_version_changed");
export const checkPassed = plain("check_passed");
export const checkFailed = plain("check_failed");
export const executedWithRootTarget = plain("executed_with_root_target");

export function inLatestTimeWindow(lookbackSeconds?: number): Condition {
  return { type: "in_latest_time_window", ...(lookbackSeconds !== undefined && { lookbackSeconds }) };
}

export function cronTickPassed(cron: string, timezone = "UTC"): Condition {
  return { type: "cron_tick_passed", cron, timezone };
}

export function freshnessIs(state: FreshnessState): Condition {
  return { type: "freshness", state };
}

export function executedWithTags(filter: RunTagFilter): Condition {
  return { type: "executed_with_tags", ...filter };
}

export function anyNewUpdateHasRunTags(filter: RunTagFilter): Condition {
  return { type: "new_updates_have_run_tags", match: "any", ...filter };
}

export function allNewUpdatesHaveRunTags(filter: RunTagFilter): Condition {
  return { type: "new_updates_have_run_tags", match: "all", ...filter };
}

/** Narrows down from left to right. Nested ones without a label become one. */
export function and(...of: readonly Condition[]): Condition {
  return { type: "and", of: of.flatMap((part) => (part.type === "and" && part.label === undefined ? part.of : [part])) };
}

export function or(...of: readonly Condition[]): Condition {
  return { type: "or", of: of.flatMap((part) => (part.type === "or" && part.label === undefined ? part.of : [part])) };
}

export function not(of: Condition): Condition {
  return { type: "not", of };
}

export function newlyTrue(of: Condition): Condition {
  return { type: "newly_true", of };
}

export function since(trigger: Condition, reset: Condition): Condition {
  return { type: "since", trigger, reset };
}

/** Since the target was last requested or updated, or since the condition was attached to it. */
export function sinceLastHandled(trigger: Condition): Condition {
  return since(trigger, labeled("handled", or(newlyRequested(), newlyUpdated(), initialEvaluation())));
}

export function assetMatches(key: string, of: Condition): Condition {
  return { type: "asset_matches", key, of };
}

/** False without dependencies. */
export function anyDepsMatch(of: Condition): Condition {
  return { type: "deps_match", match: "any", of };
}

/** True without dependencies. */
export function allDepsMatch(of: Condition): Condition {
  return { type: "deps_match", match: "all", of };
}

export function anyChecksMatch(of: Condition, options: { readonly blockingOnly?: boolean } = {}): Condition {
  return { type: "checks_match", match: "any", of, ...options };
}

export function allChecksMatch(of: Condition, options: { readonly blockingOnly?: boolean } = {}): Condition {
  return { type: "checks_match", match: "all", of, ...options };
}

export function anyDownstreamConditions(): Condition {
  return { type: "any_downstream_conditions" };
}

export function labeled(label: string, condition: Condition): Condition {
  return { ...condition, label };
}

export function inProgress(): Condition {
  return labeled("in_progress", or(runInProgress(), backfillInProgress()));
}

export function newlyMissing(): Condition {
  return labeled("newly_missing", newlyTrue(missing()));
}

/** Updated by a run that does not update the target as well, or about to be. */
export function anyDepsUpdated(): Condition {
  const updatedAlone = labeled("newly_updated_without_root", and(newlyUpdated(), not(executedWithRootTarget())));
  return labeled("any_deps_updated", anyDepsMatch(or(updatedAlone, willBeRequested())));
}

export function anyDepsMissing(): Condition {
  return labeled("any_deps_missing", anyDepsMatch(and(missing(), not(willBeRequested()))));
}

export function anyDepsInProgress(): Condition {
  return labeled("any_deps_in_progress", anyDepsMatch(inProgress()));
}

export function allDepsUpdatedSinceCron(cron: string, timezone = "UTC"): Condition {
  const updated = since(newlyUpdated(), cronTickPassed(cron, timezone));
  return labeled(`all_deps_updated_since_cron(${cron}, ${timezone})`, allDepsMatch(or(updated, willBeRequested())));
}

export function allDepsBlockingChecksPassed(): Condition {
  const passed = allChecksMatch(or(checkPassed(), willBeRequested()), { blockingOnly: true });
  return labeled("all_deps_blocking_checks_passed", allDepsMatch(labeled("all_blocking_checks_passed", passed)));
}

/** When a dependency was updated, or a partition came into being, and nothing stands in the way. Only the newest time window. */
export function eager(): Condition {
  return labeled(
    "eager",
    and(
      inLatestTimeWindow(),
      sinceLastHandled(or(newlyMissing(), anyDepsUpdated())),
      not(anyDepsMissing()),
      not(anyDepsInProgress()),
      not(inProgress()),
    ),
  );
}

/** After each tick, as soon as all dependencies were updated since it. Only the newest time window. */
export function onCron(cron: string, timezone = "UTC"): Condition {
  return labeled(
    `on_cron(${cron}, ${timezone})`,
    and(inLatestTimeWindow(), sinceLastHandled(cronTickPassed(cron, timezone)), allDepsUpdatedSinceCron(cron, timezone)),
  );
}

/** Partitions that come into being after the condition was attached, once their dependencies are there. */
export function onMissing(): Condition {
  return labeled(
    "on_missing",
    and(inLatestTimeWindow(), labeled("missing_since_last_handled", sinceLastHandled(newlyTrue(missing()))), not(anyDepsMissing())),
  );
}
