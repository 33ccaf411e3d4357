/** Followers that record changes for automation conditions, with the sentence that the next evaluation shows as its cause. */
import { checkId } from "@headgate/shared/domain/asset-check.ts";
import type { FreshnessState } from "@headgate/shared/domain/health/freshness.ts";
import { shortRunId } from "@headgate/shared/ids.ts";
import { catalogOf, switchOf } from "../catalog/catalog.ts";
import type { FactOf, ReportedBy } from "../facts.ts";
import type { Tx } from "../kernel/tx.ts";
import { openRun } from "../runs/run-session.ts";
import { targetsOfRun } from "./condition-fact-store.ts";
import { conditionProgram, locationOfTarget } from "./condition-program.ts";
import { recordConditionChange, recordConditionChanges } from "./record-change.ts";

export function afterMaterialization(tx: Tx, facts: readonly FactOf<"asset_materialized">[]): void {
  recordConditionChanges(
    tx,
    facts.map(({ asset, partition, by }) => ({
      targets: [asset],
      cause: `${withPartition(asset, partition)} was materialized ${byWhom(by)}.`,
      chain: by.chain,
    })),
  );
}

export function afterObservation(tx: Tx, facts: readonly FactOf<"asset_observed">[]): void {
  recordConditionChanges(
    tx,
    facts.map(({ asset, partition, by, changed }) => {
      const what = changed ? "has new data" : "was observed";
      return { targets: [asset], cause: `${withPartition(asset, partition)} ${what}, ${byWhom(by)}.`, chain: by.chain };
    }),
  );
}

export function afterFailure(tx: Tx, facts: readonly FactOf<"asset_failed">[]): void {
  recordConditionChanges(
    tx,
    facts.map(({ asset, partition, by }) => ({
      targets: [asset],
      cause: `${withPartition(asset, partition)} failed ${byWhom(by)}.`,
      chain: by.chain,
    })),
  );
}

export function afterCheck(tx: Tx, facts: readonly FactOf<"check_evaluated">[]): void {
  recordConditionChanges(
    tx,
    facts.map(({ asset, check, partition, passed, by }) => {
      const what = `Check ${check} of ${withPartition(asset, partition)} ${passed ? "passed" : "failed"}`;
      return { targets: [checkId({ asset, name: check })], cause: `${what} ${byWhom(by)}.`, chain: by.chain };
    }),
  );
}

const FRESHNESS_TEXTS = {
  fresh: "is fresh",
  warning: "is going to be overdue",
  overdue: "is overdue",
  unknown: "has no known freshness",
} as const satisfies Record<FreshnessState, string>;

export function afterFreshnessChange(tx: Tx, facts: readonly FactOf<"freshness_changed">[]): void {
  recordConditionChanges(
    tx,
    facts.map(({ asset, state }) => ({ targets: [asset], cause: `${asset} ${FRESHNESS_TEXTS[state]}.` })),
  );
}

export function afterKeyChange(tx: Tx, facts: readonly FactOf<"partition_keys_changed">[]): void {
  recordConditionChanges(tx, facts);
}

/** Conditions that were off missed what happened meanwhile. */
export function afterLocationSwitched(tx: Tx, facts: readonly FactOf<"location_switched">[]): void {
  const catalog = catalogOf(tx);
  const { program, offReason } = conditionProgram(tx.db, catalog);
  for (const { location, by } of facts) {
    const state = switchOf(tx, location);
    const targets = [...program.conditions.keys()].filter(
      (target) => locationOfTarget(catalog, target) === location && offReason(target, state) === null,
    );
    recordConditionChange(tx, targets, { cause: `${by} switched on code location ${location}.` });
  }
}

export function afterRunCreated(tx: Tx, facts: readonly FactOf<"run_created">[]): void {
  recordConditionChanges(
    tx,
    facts.map(({ run, targets, chain }) => ({ targets, cause: `Run ${shortRunId(run)} is going to execute it.`, chain })),
  );
}

/** Targets that the run did not execute are no longer in progress. */
export function afterRunEnded(tx: Tx, facts: readonly FactOf<"run_ended">[]): void {
  if (conditionProgram(tx.db, catalogOf(tx)).program.conditions.size === 0) return;
  const ended = facts.flatMap(({ run }) => openRun(tx, run) ?? []);
  recordConditionChanges(
    tx,
    ended.map(({ row }) => ({
      targets: targetsOfRun(tx.db, row.no),
      cause: `Run ${shortRunId(row.id)} ended as ${row.status}.`,
      chain: row.chain,
    })),
  );
}

export function afterBackfillChange(tx: Tx, facts: readonly FactOf<"backfill_progressed">[]): void {
  recordConditionChanges(tx, facts);
}

function byWhom(by: ReportedBy): string {
  return "run" in by ? `by run ${shortRunId(by.run)}` : `as ${by.by} reported`;
}

function withPartition(asset: string, partition: string | null): string {
  return partition === null ? asset : `${asset} (${partition})`;
}
