/** Automation conditions and freshness policies as users write them; their meaning is in the shared domain. */
import * as build from "@headgate/shared/domain/automation/build.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import { allow, ignore, replace, without } from "@headgate/shared/domain/automation/transform.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { FreshnessPolicySpec } from "@headgate/shared/domain/health/freshness-policy.ts";
import { type Duration, secondsOf } from "./duration.ts";
import type { SelectionBuilder } from "./select.ts";
import { selectionText } from "./select.ts";

/** When an asset or a check runs automatically; made with `automation`. */
export type AutomationCondition = Condition;

/** A condition as an option: alone, or with the word whether it is on before a person switches its code location. */
export type AutomationOption = AutomationCondition | StatedAutomation;

/**
 * A condition that says whether it is on before a person switches its code location.
 *
 * @example
 * automation: { condition: automation.eager(), defaultStatus: "running" }
 */
export interface StatedAutomation {
  /** When the asset or check runs automatically. */
  readonly condition: AutomationCondition;
  /**
   * `"running"`: on from the first publish. `"stopped"`: off until this says otherwise. Default: on once its code location is switched on
   * with `headgate on --location <name>`.
   */
  readonly defaultStatus?: "running" | "stopped" | undefined;
}

/** The two forms of the option as one. */
export function statedAutomation(option: AutomationOption): StatedAutomation {
  return "condition" in Object(option) ? (option as StatedAutomation) : { condition: option as AutomationCondition };
}

/**
 * Automation conditions: the ready-made ones (`eager`, `onCron`, `onMissing`), their parts, and operators to combine them.
 *
 * @example
 * export const dimCustomer = defineAsset({ key: "silver/dim_customer", deps: [stgCustomers], automation: automation.eager(), run });
 *
 * @example
 * // After each morning's tick, as soon as all dependencies but the manual one were updated.
 * automation: automation.ignore(automation.onCron("0 6 * * *", "Europe/Paris"), 'tag:manual=true')
 */
export const automation = {
  eager: build.eager,
  onCron: build.onCron,
  onMissing: build.onMissing,

  /** True while the target was never materialized. */
  missing: build.missing,
  /** True while a run or a backfill is making the target. */
  inProgress: build.inProgress,
  /** True while a run is making the target. */
  runInProgress: build.runInProgress,
  /** True while a backfill is making the target. */
  backfillInProgress: build.backfillInProgress,
  /** True when the last attempt to make the target failed. */
  executionFailed: build.executionFailed,
  /** True in the evaluation after the target was materialized. */
  newlyUpdated: build.newlyUpdated,
  /** True in the evaluation after the target became missing. */
  newlyMissing: build.newlyMissing,
  /** True in the evaluation after a condition requested the target. */
  newlyRequested: build.newlyRequested,
  /** True when this evaluation requests the target. */
  willBeRequested: build.willBeRequested,
  /** True in the first evaluation of the condition. */
  initialEvaluation: build.initialEvaluation,
  /** True in the evaluation after the asset's code version changed. */
  codeVersionChanged: build.codeVersionChanged,
  /** True in the evaluation after the asset's data version changed. */
  dataVersionChanged: build.dataVersionChanged,
  /** Inside a check operator: the check's last result passed. */
  checkPassed: build.checkPassed,
  /** Inside a check operator: the check's last result failed. */
  checkFailed: build.checkFailed,
  /** Inside a dependency operator: the last run that updated it made the target as well. */
  executedWithRootTarget: build.executedWithRootTarget,
  /** Inside a dependency operator: the last run that updated it had these tags. */
  executedWithTags: build.executedWithTags,
  /** True when one of the new updates came from a run with these tags. */
  anyNewUpdateHasRunTags: build.anyNewUpdateHasRunTags,
  /** True when all of the new updates came from runs with these tags. */
  allNewUpdatesHaveRunTags: build.allNewUpdatesHaveRunTags,
  /** True in the evaluation after a tick of a cron expression. The time zone is UTC unless one is given. */
  cronTickPassed: build.cronTickPassed,
  /** True while the asset's freshness is in this state. */
  freshnessIs: build.freshnessIs,
  /** Only the newest time window, or the windows that start within `lookback` before its end. */
  inLatestTimeWindow: (lookback?: Duration): Condition =>
    build.inLatestTimeWindow(lookback === undefined ? undefined : secondsOf(lookback)),

  and: build.and,
  /** True when one of the conditions is. */
  or: build.or,
  /** True when the condition is not. */
  not: build.not,
  /** True from the moment the first condition is true until the second one is. */
  since: build.since,
  sinceLastHandled: build.sinceLastHandled,
  /** True in the evaluation in which the condition becomes true. */
  newlyTrue: build.newlyTrue,
  /** True when the condition holds for another asset. */
  assetMatches: build.assetMatches,
  anyDepsMatch: build.anyDepsMatch,
  allDepsMatch: build.allDepsMatch,
  anyDepsUpdated: build.anyDepsUpdated,
  /** True while one of the dependencies is missing. */
  anyDepsMissing: build.anyDepsMissing,
  /** True while one of the dependencies is being made. */
  anyDepsInProgress: build.anyDepsInProgress,
  /** True when all dependencies were updated since the last tick of a cron expression. */
  allDepsUpdatedSinceCron: build.allDepsUpdatedSinceCron,
  /** True when the blocking checks of all dependencies passed. */
  allDepsBlockingChecksPassed: build.allDepsBlockingChecksPassed,
  /** True when the condition holds for one of the asset's checks. */
  anyChecksMatch: build.anyChecksMatch,
  /** True when the condition holds for all of the asset's checks. */
  allChecksMatch: build.allChecksMatch,
  /** True when the condition of a downstream asset is. */
  anyDownstreamConditions: build.anyDownstreamConditions,

  /** The same condition under a name, shown in the dashboard and used by `replace` and `without`. */
  labeled: build.labeled,
  /** Dependency and check operators of the condition consider only these neighbours. */
  allow: (condition: Condition, selection: string | SelectionBuilder): Condition => allow(condition, selectionText(selection)),
  /** Dependency and check operators of the condition ignore these neighbours. */
  ignore: (condition: Condition, selection: string | SelectionBuilder): Condition => ignore(condition, selectionText(selection)),
  /** The condition with one part, or the part with a label, replaced by another. */
  replace,
  /**
   * The condition without one part, or without the part with a label.
   *
   * @throws `AppError` when the condition has no such part.
   */
  without: (condition: Condition, part: Condition | string): Condition => unwrap(without(condition, part)),
} as const;

/** When an asset is too old; made with `freshness`. */
export type FreshnessPolicy = FreshnessPolicySpec;

/**
 * Freshness policies: how old the last materialization may be.
 *
 * @example
 * freshness: freshness.timeWindow({ failAfter: "24h", warnAfter: "20h" })
 *
 * @example
 * // At nine each working day, the last materialization is at most three hours old.
 * freshness: freshness.cron({ deadline: "0 9 * * 1-5", timezone: "Europe/Paris", within: "3h" })
 */
export const freshness = {
  /** Fails when the last materialization is older than `failAfter`; warns after `warnAfter`. */
  timeWindow: (options: { readonly failAfter: Duration; readonly warnAfter?: Duration | undefined }): FreshnessPolicy => ({
    type: "time_window",
    failAfterSeconds: secondsOf(options.failAfter),
    ...(options.warnAfter !== undefined && { warnAfterSeconds: secondsOf(options.warnAfter) }),
  }),
  /** Fails when at a tick of `deadline` the last materialization is older than `within`. */
  cron: (options: { readonly deadline: string; readonly timezone?: string | undefined; readonly within: Duration }): FreshnessPolicy => ({
    type: "cron",
    cron: options.deadline,
    lowerBoundSeconds: secondsOf(options.within),
    ...(options.timezone !== undefined && { timezone: options.timezone }),
  }),
} as const;
