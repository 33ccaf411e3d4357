/**
 * The tables of runs: their steps, attempts, bars and raw output. Drizzle's description of them, for row types and typed queries; `migrations.ts` makes them, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RunCause } from "@headgate/shared/contract/runs/run-views.ts";
import type { RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { PlanUnit } from "@headgate/shared/domain/run/plan-types.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { RetryPolicy } from "@headgate/shared/domain/run/retry-policy.ts";
import type { RunStatus, StepStatus } from "@headgate/shared/domain/run/status.ts";

type Tags = Readonly<Record<string, string>>;

export const run = sqliteTable("run", {
  no: integer().primaryKey(),
  id: text().notNull(),
  status: text().$type<RunStatus>().notNull(),
  job: text(),
  jobLocation: text(),
  selection: text().notNull(),
  partition: text(),
  tags: text({ mode: "json" }).$type<Tags>().notNull(),
  trigger: text({ mode: "json" }).$type<RunCause>().notNull(),
  parent: text(),
  priority: integer().notNull(),
  config: text(),
  /** Code location versions it is pinned to, by location. */
  versions: text({ mode: "json" }).$type<Readonly<Record<string, string>>>().notNull(),
  createdAt: integer().notNull(),
  startedAt: integer(),
  endedAt: integer(),
  timeoutSeconds: real(),
  assetCount: integer().notNull(),
  stepsTotal: integer().notNull(),
  stepsSucceeded: integer().notNull(),
  stepsFailed: integer().notNull(),
  stepsSkipped: integer().notNull(),
  stepsRunning: integer().notNull(),
  stepsCanceled: integer().notNull(),
  materialized: integer().notNull(),
  checksFailed: integer().notNull(),
  checksWarned: integer().notNull(),
  error: text(),
  failure: text({ mode: "json" }).$type<Failure>(),
  failedStep: text(),
  cancelBy: text(),
  cancelReason: text(),
  lastSeq: integer().notNull(),
  /** Id of the schedule or sensor that asked for it; see `automationId`. */
  source: text(),
  backfillNo: integer(),
  /** Its place in the backfill's plan. */
  backfillSlice: integer(),
  /** How often the run policy has made it again: 0 for a run that was asked for. */
  retryCount: integer().notNull(),
  /** When the run policy makes it again. */
  retryAt: integer(),
  /** The sensors that led to it; null: none did. */
  chain: text({ mode: "json" }).$type<RunChain>(),
});

export type RunRow = typeof run.$inferSelect;

export const step = sqliteTable(
  "step",
  {
    runNo: integer().notNull(),
    position: integer().notNull(),
    key: text().notNull(),
    location: text().notNull(),
    version: text().notNull(),
    unit: text().notNull(),
    kind: text().$type<PlanUnit["kind"]>().notNull(),
    subset: integer().notNull(),
    assets: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    checks: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    partition: text(),
    retry: text({ mode: "json" }).$type<RetryPolicy>().notNull(),
    timeoutSeconds: real(),
    pool: text(),
    status: text().$type<StepStatus>().notNull(),
    /** Steps before it that have not succeeded yet. */
    depsLeft: integer().notNull(),
    attempt: integer().notNull(),
    /** Attempts that ended because their agent was lost; they do not count against the retry policy. */
    lost: integer().notNull(),
    epoch: integer().notNull(),
    agent: text(),
    readyAt: integer(),
    assignedAt: integer(),
    startedAt: integer(),
    endedAt: integer(),
    retryAt: integer(),
    failure: text({ mode: "json" }).$type<Failure>(),
    idleTimeoutSeconds: real(),
    /** The agent that lost the latest attempt: another one is preferred. */
    avoid: text(),
    /** Deployment-wide number of the event that started the attempt: what came before it the step could see. */
    startedSeq: integer(),
  },
  (table) => [primaryKey({ columns: [table.runNo, table.position] })],
);

export type StepRow = typeof step.$inferSelect;

export const stepDep = sqliteTable(
  "step_dep",
  { runNo: integer().notNull(), before: integer().notNull(), after: integer().notNull() },
  (table) => [primaryKey({ columns: [table.runNo, table.before, table.after] })],
);

/** Which agent token was given which attempt. */
export const attempt = sqliteTable(
  "attempt",
  { runNo: integer().notNull(), position: integer().notNull(), attempt: integer().notNull(), token: text().notNull() },
  (table) => [primaryKey({ columns: [table.runNo, table.position, table.attempt] })],
);

/** The assets that a step is to materialize, and the bars of the timeline inside it. */
export const stepAsset = sqliteTable(
  "step_asset",
  {
    runNo: integer().notNull(),
    step: integer().notNull(),
    asset: text().notNull(),
    /** 1 until the asset materialized, failed or can no longer do either. */
    open: integer().notNull(),
    status: text().$type<"running" | "succeeded" | "failed" | "skipped">(),
    startedAt: integer(),
    endedAt: integer(),
    rowCount: real(),
    message: text(),
  },
  (table) => [primaryKey({ columns: [table.runNo, table.step, table.asset] })],
);

export const request = sqliteTable("request", { id: text().primaryKey(), runNo: integer().notNull(), at: integer().notNull() });

export const logChunk = sqliteTable(
  "log_chunk",
  {
    runNo: integer().notNull(),
    step: text().notNull(),
    attempt: integer().notNull(),
    stream: text().$type<"stdout" | "stderr">().notNull(),
    chunk: integer().notNull(),
    offset: integer().notNull(),
    bytes: integer().notNull(),
    final: integer().notNull(),
    key: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.runNo, table.step, table.attempt, table.stream, table.chunk] })],
);
