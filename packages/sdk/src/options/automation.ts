/** Automation conditions and freshness policies as users write them; their meaning is in the shared domain. */
import * as build from "@headgate/shared/domain/automation/build.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import { allow, ignore, replace, without } from "@headgate/shared/domain/automation/transform.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { FreshnessPolicySpec } from "@headgate/shared/domain/health/freshness-policy.ts";
import { type Duration, secondsOf } from "./duration.ts";
import type { SelectionBuilder } from "./select.ts";
import { selectionText } from "./select.ts";

/** When an asset or a check is run by itself; made with `automation`. */
export type AutomationCondition = Condition;

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

  missing: build.missing,
  inProgress: build.inProgress,
  runInProgress: build.runInProgress,
  backfillInProgress: build.backfillInProgress,
  executionFailed: build.executionFailed,
  newlyUpdated: build.newlyUpdated,
  newlyMissing: build.newlyMissing,
  newlyRequested: build.newlyRequested,
  willBeRequested: build.willBeRequested,
  initialEvaluation: build.initialEvaluation,
  codeVersionChanged: build.codeVersionChanged,
  dataVersionChanged: build.dataVersionChanged,
  checkPassed: build.checkPassed,
  checkFailed: build.checkFailed,
  executedWithRootTarget: build.executedWithRootTarget,
  executedWithTags: build.executedWithTags,
  anyNewUpdateHasRunTags: build.anyNewUpdateHasRunTags,
  allNewUpdatesHaveRunTags: build.allNewUpdatesHaveRunTags,
  cronTickPassed: build.cronTickPassed,
  freshnessIs: build.freshnessIs,
  /** Only the newest time window, or the windows that start within `lookback` before its end. */
  inLatestTimeWindow: (lookback?: Duration): Condition =>
    build.inLatestTimeWindow(lookback === undefined ? undefined : secondsOf(lookback)),

  and: build.and,
  or: build.or,
  not: build.not,
  since: build.since,
  sinceLastHandled: build.sinceLastHandled,
  newlyTrue: build.newlyTrue,
  assetMatches: build.assetMatches,
  anyDepsMatch: build.anyDepsMatch,
  allDepsMatch: build.allDepsMatch,
  anyDepsUpdated: build.anyDepsUpdated,
  anyDepsMissing: build.anyDepsMissing,
  anyDepsInProgress: build.anyDepsInProgress,
  allDepsUpdatedSinceCron: build.allDepsUpdatedSinceCron,
  allDepsBlockingChecksPassed: build.allDepsBlockingChecksPassed,
  anyChecksMatch: build.anyChecksMatch,
  allChecksMatch: build.allChecksMatch,
  anyDownstreamConditions: build.anyDownstreamConditions,

  labeled: build.labeled,
  /** Its dependency and check operators look only at these neighbours. */
  allow: (condition: Condition, selection: string | SelectionBuilder): Condition => allow(condition, selectionText(selection)),
  /** Its dependency and check operators pass over these neighbours. */
  ignore: (condition: Condition, selection: string | SelectionBuilder): Condition => ignore(condition, selectionText(selection)),
  replace,
  /** Throws when the condition has no such part. */
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
 * // By nine each working day there must be a materialization that is at most three hours older than that.
 * freshness: freshness.cron({ deadline: "0 9 * * 1-5", timezone: "Europe/Paris", within: "3h" })
 */
export const freshness = {
  timeWindow: (options: { readonly failAfter: Duration; readonly warnAfter?: Duration | undefined }): FreshnessPolicy => ({
    type: "time_window",
    failAfterSeconds: secondsOf(options.failAfter),
    ...(options.warnAfter !== undefined && { warnAfterSeconds: secondsOf(options.warnAfter) }),
  }),
  cron: (options: { readonly deadline: string; readonly timezone?: string | undefined; readonly within: Duration }): FreshnessPolicy => ({
    type: "cron",
    cron: options.deadline,
    lowerBoundSeconds: secondsOf(options.within),
    ...(options.timezone !== undefined && { timezone: options.timezone }),
  }),
} as const;
