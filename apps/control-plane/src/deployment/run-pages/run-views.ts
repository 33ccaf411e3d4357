/** Converts rows of runs and steps to API views. A field of a view that is a column of the same name needs no line here. */
import { getTableColumns, type Table } from "drizzle-orm";
import type { z } from "zod";
import {
  type RunSummary,
  runSummarySchema,
  type StepAssetView,
  type StepView,
  stepViewSchema,
} from "@headgate/shared/contract/runs/run-views.ts";
import { pick } from "@headgate/shared/domain/pick.ts";
import { run, type RunRow, step, type StepRow } from "../runs/tables.ts";
import type { StepAssetRow } from "../runs/step-asset-store.ts";
import { runWaitsFor, stepWaitsFor, type WaitContext } from "../queue/waiting.ts";
import { backfillId } from "@headgate/shared/domain/run/backfill-id.ts";

/** The fields of a view that are columns of the same name. */
function columnsOf<S extends z.ZodObject, T extends Table>(view: S, table: T) {
  const columns = getTableColumns(table);
  return Object.keys(view.shape).filter((name): name is keyof S["shape"] & keyof T["$inferSelect"] & string => name in columns);
}
const RUN_COLUMNS = columnsOf(runSummarySchema, run);
const STEP_COLUMNS = columnsOf(stepViewSchema, step);

export function runSummary(row: RunRow, context: WaitContext): RunSummary {
  return {
    ...pick(row, RUN_COLUMNS),
    backfill: row.backfillNo === null ? null : backfillId(row.backfillNo),
    steps: {
      total: row.stepsTotal,
      succeeded: row.stepsSucceeded,
      failed: row.stepsFailed,
      skipped: row.stepsSkipped,
      running: row.stepsRunning,
      canceled: row.stepsCanceled,
    },
    waiting: runWaitsFor(row, context),
  };
}

export interface StepContext {
  readonly run: RunRow;
  readonly wait: WaitContext;
  /** The keys of the steps that it depends on. */
  readonly deps: readonly string[];
}

export function stepView(row: StepRow, context: StepContext): StepView {
  return {
    ...pick(row, STEP_COLUMNS),
    run: context.run.id,
    // A pod is no agent that a page knows; its launcher is.
    agent: row.launcher ?? row.agent,
    deps: context.deps,
    maxAttempts: row.retry.maxRetries + 1 + row.lost,
    waiting: stepWaitsFor(row, context.run, context.wait),
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
