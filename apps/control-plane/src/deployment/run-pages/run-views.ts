/** Converts rows of runs and steps to API views. */
import type { RunSummary, StepAssetView, StepView } from "@headgate/shared/contract/runs/run-views.ts";
import type { RunRow, StepRow } from "../runs/tables.ts";
import type { StepAssetRow } from "../runs/step-asset-store.ts";
import { runWaitsFor, stepWaitsFor, type WaitContext } from "../queue/waiting.ts";
import { backfillId } from "@headgate/shared/domain/run/backfill-id.ts";

export function runSummary(run: RunRow, context: WaitContext): RunSummary {
  return {
    id: run.id,
    status: run.status,
    job: run.job,
    selection: run.selection,
    partition: run.partition,
    tags: run.tags,
    trigger: run.trigger,
    parent: run.parent,
    backfill: run.backfillNo === null ? null : backfillId(run.backfillNo),
    priority: run.priority,
    retryAt: run.retryAt,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    assetCount: run.assetCount,
    steps: {
      total: run.stepsTotal,
      succeeded: run.stepsSucceeded,
      failed: run.stepsFailed,
      skipped: run.stepsSkipped,
      running: run.stepsRunning,
      canceled: run.stepsCanceled,
    },
    materialized: run.materialized,
    error: run.error,
    checksFailed: run.checksFailed,
    checksWarned: run.checksWarned,
    waiting: runWaitsFor(run, context),
    lastSeq: run.lastSeq,
  };
}

export interface StepContext {
  readonly run: RunRow;
  readonly wait: WaitContext;
  /** The keys of the steps that it depends on. */
  readonly deps: readonly string[];
}

export function stepView(step: StepRow, context: StepContext): StepView {
  return {
    run: context.run.id,
    key: step.key,
    location: step.location,
    unit: step.unit,
    kind: step.kind,
    status: step.status,
    assets: step.assets,
    checks: step.checks,
    partition: step.partition,
    deps: context.deps,
    attempt: step.attempt,
    maxAttempts: step.retry.maxRetries + 1 + step.lost,
    agent: step.agent,
    readyAt: step.readyAt,
    assignedAt: step.assignedAt,
    startedAt: step.startedAt,
    endedAt: step.endedAt,
    retryAt: step.retryAt,
    failure: step.failure,
    waiting: stepWaitsFor(step, context.run, context.wait),
  };
}

/** Null while the asset has no status in this run. */
export function stepAssetView(row: StepAssetRow, at: { readonly run: string; readonly step: string }): StepAssetView | null {
  if (row.status === null) return null;
  return {
    run: at.run,
    step: at.step,
    asset: row.asset,
    status: row.status,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    rowCount: row.rowCount,
    message: row.message,
  };
}
