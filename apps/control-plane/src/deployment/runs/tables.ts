/**
 * The Drizzle schema of the tables of runs (steps, attempts, assets of steps, raw output), for row types and typed queries. `migrations.ts`
 * creates the tables, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RunCause } from "@headgate/shared/contract/runs/run-views.ts";
import type { RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { PlanUnit } from "@headgate/shared/domain/run/plan-types.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { RetryPolicy } from "@headgate/shared/domain/run/retry-policy.ts";
import type { RunStatus, StepStatus } from "@headgate/shared/domain/run/status.ts";

/** A number that is 0 in a new run. */
const counter = () =>
  integer()
    .notNull()
    .$default(() => 0);

type Tags = Readonly<Record<string, string>>;

export const run = sqliteTable("run", {
  no: integer().primaryKey(),
  id: text().notNull(),
  status: text().$type<RunStatus>().notNull(),
  job: text(),
  jobLocation: text(),
  selection: text().notNull(),
  partition: text(),
  tags: text({ mode: "json" })
    .$type<Tags>()
    .notNull()
    .$default(() => ({})),
  trigger: text({ mode: "json" }).$type<RunCause>().notNull(),
  parent: text(),
  priority: counter(),
  config: text(),
  /** The code location versions that the run uses, by location. */
  versions: text({ mode: "json" }).$type<Readonly<Record<string, string>>>().notNull(),
  createdAt: integer().notNull(),
  startedAt: integer(),
  endedAt: integer(),
  timeoutSeconds: real(),
  assetCount: integer().notNull(),
  stepsTotal: integer().notNull(),
  stepsSucceeded: counter(),
  stepsFailed: counter(),
  stepsSkipped: counter(),
  stepsRunning: counter(),
  stepsCanceled: counter(),
  materialized: counter(),
  checksFailed: counter(),
  checksWarned: counter(),
  error: text(),
  failure: text({ mode: "json" }).$type<Failure>(),
  failedStep: text(),
  cancelBy: text(),
  cancelReason: text(),
  lastSeq: counter(),
  /** The id of the schedule or sensor that requested the run; see `automationId`. */
  source: text(),
  backfillNo: integer(),
  /** The run's index in the backfill's plan. */
  backfillSlice: integer(),
  /** The number of the retry; 0 for a run that is not a retry. */
  retryCount: counter(),
  /** When the run will be retried; null if it will not. */
  retryAt: integer(),
  /** The sensors that led to the run; null if none did. */
  chain: text({ mode: "json" }).$type<RunChain>(),
  /** The sentence of the first check that failed or, if none did, warned. */
  failedCheck: text(),
});

export type RunRow = typeof run.$inferSelect;
/** A column that is left out gets its default, otherwise null. */
export type NewRun = Omit<typeof run.$inferInsert, "no">;

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
    /** The number of steps it depends on that have not succeeded. */
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
    /** The agent that lost the latest attempt; another agent is preferred. */
    avoid: text(),
    /** The deployment-wide number of the event that started the attempt: the step could see everything before it. */
    startedSeq: integer(),
    /** The agent that starts a pod for the attempt. The step occupies one of its slots, even when the pod holds the lease; null: the agent runs it itself. */
    launcher: text(),
    /** Why the pod has not started, and how many events have said so; null if it does not wait. */
    podWaits: text({ mode: "json" }).$type<{ readonly reason: string; readonly events: number }>(),
  },
  (table) => [primaryKey({ columns: [table.runNo, table.position] })],
);

export type StepRow = typeof step.$inferSelect;

export const stepDep = sqliteTable(
  "step_dep",
  { runNo: integer().notNull(), before: integer().notNull(), after: integer().notNull() },
  (table) => [primaryKey({ columns: [table.runNo, table.before, table.after] })],
);

/** The agent token that got each attempt. */
export const attempt = sqliteTable(
  "attempt",
  { runNo: integer().notNull(), position: integer().notNull(), attempt: integer().notNull(), token: text().notNull() },
  (table) => [primaryKey({ columns: [table.runNo, table.position, table.attempt] })],
);

/** The assets of a step, each with its bar in the timeline. */
export const stepAsset = sqliteTable(
  "step_asset",
  {
    runNo: integer().notNull(),
    step: integer().notNull(),
    asset: text().notNull(),
    /** 1 until the asset was materialized, failed, or can no longer do either. */
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
