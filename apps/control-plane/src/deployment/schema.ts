/**
 * Which tables does a deployment have? Drizzle's description of them, for row types and typed queries; `migrations.ts` makes them, and
 * a test compares the two. Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RunTrigger, VersionView } from "@headgate/shared/api/views.ts";
import type { RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { GraphAsset, PlanUnit } from "@headgate/shared/domain/run/plan-types.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { RetryPolicy } from "@headgate/shared/domain/run/retry-policy.ts";
import type { RunStatus, StepStatus } from "@headgate/shared/domain/run/status.ts";
import type { LoadError, ManifestCheck, ManifestJob, ManifestSchedule, ManifestSensor } from "@headgate/shared/manifest/schema.ts";

type Tags = Readonly<Record<string, string>>;

export const meta = sqliteTable("meta", { key: text().primaryKey(), value: text().notNull() });

// ------------------------------------------------------------------ definitions
export const location = sqliteTable("location", {
  name: text().primaryKey(),
  activeVersion: text(),
  errors: text({ mode: "json" }).$type<readonly LoadError[]>().notNull(),
  erroredAt: integer(),
  updatedAt: integer().notNull(),
});

export const version = sqliteTable("version", {
  no: integer().primaryKey(),
  id: text().notNull(),
  location: text().notNull(),
  number: integer().notNull(),
  hash: text().notNull(),
  manifestKey: text().notNull(),
  publishedAt: integer().notNull(),
  publishedBy: text().notNull(),
  counts: text({ mode: "json" }).$type<VersionView["counts"]>().notNull(),
  git: text({ mode: "json" }).$type<VersionView["git"]>(),
  sdk: text().notNull(),
  diff: text({ mode: "json" }).$type<VersionView["diff"]>().notNull(),
  pools: text({ mode: "json" }).$type<Readonly<Record<string, number>>>().notNull(),
});

export const versionAsset = sqliteTable(
  "version_asset",
  {
    versionNo: integer().notNull(),
    key: text().notNull(),
    position: integer().notNull(),
    /** What planning needs; read for every asset when the object wakes. */
    graph: text({ mode: "json" }).$type<GraphAsset>().notNull(),
    /** The rest of the definition, for pages. */
    detail: text().notNull(),
    code: text(),
    configSchema: text(),
  },
  (table) => [primaryKey({ columns: [table.versionNo, table.key] })],
);

/** Where each asset of the active definitions stands in the lineage picture. */
export const nodePlace = sqliteTable("node_place", {
  key: text().primaryKey(),
  x: real().notNull(),
  y: real().notNull(),
  level: integer().notNull(),
});

export const versionUnit = sqliteTable(
  "version_unit",
  { versionNo: integer().notNull(), id: text().notNull(), body: text({ mode: "json" }).$type<PlanUnit>().notNull() },
  (table) => [primaryKey({ columns: [table.versionNo, table.id] })],
);

export const versionCheck = sqliteTable(
  "version_check",
  {
    versionNo: integer().notNull(),
    asset: text().notNull(),
    name: text().notNull(),
    body: text({ mode: "json" }).$type<ManifestCheck>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.versionNo, table.asset, table.name] })],
);

export const versionJob = sqliteTable(
  "version_job",
  { versionNo: integer().notNull(), name: text().notNull(), body: text({ mode: "json" }).$type<ManifestJob>().notNull() },
  (table) => [primaryKey({ columns: [table.versionNo, table.name] })],
);

export const versionSchedule = sqliteTable(
  "version_schedule",
  { versionNo: integer().notNull(), name: text().notNull(), body: text({ mode: "json" }).$type<ManifestSchedule>().notNull() },
  (table) => [primaryKey({ columns: [table.versionNo, table.name] })],
);

export const versionSensor = sqliteTable(
  "version_sensor",
  { versionNo: integer().notNull(), name: text().notNull(), body: text({ mode: "json" }).$type<ManifestSensor>().notNull() },
  (table) => [primaryKey({ columns: [table.versionNo, table.name] })],
);

// ------------------------------------------------------------------ runs
export const run = sqliteTable("run", {
  no: integer().primaryKey(),
  id: text().notNull(),
  status: text().$type<RunStatus>().notNull(),
  job: text(),
  jobLocation: text(),
  selection: text().notNull(),
  partition: text(),
  tags: text({ mode: "json" }).$type<Tags>().notNull(),
  trigger: text({ mode: "json" }).$type<RunTrigger>().notNull(),
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

export const event = sqliteTable("event", {
  /** Deployment-wide, for followers and asset pages. */
  gseq: integer().primaryKey(),
  runNo: integer().notNull(),
  /** Within the run, gap-free from 1. */
  seq: integer().notNull(),
  at: integer().notNull(),
  step: text(),
  attempt: integer(),
  type: text().notNull(),
  /** Of log lines: 0 debug, 1 info, 2 warn, 3 error. Of everything else: how much it matters on the same scale. */
  level: integer().notNull(),
  body: text().notNull(),
});

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

// ------------------------------------------------------------------ assets
export const assetState = sqliteTable("asset_state", {
  asset: text().primaryKey(),
  materializedAt: integer(),
  materializedRun: text(),
  materializedStep: text(),
  materializedPartition: text(),
  materializedSeq: integer(),
  durationMs: real(),
  rowCount: real(),
  codeVersion: text(),
  failedAt: integer(),
  failedRun: text(),
  failedStep: text(),
  failedMessage: text(),
  failedPartition: text(),
  latestSeq: integer(),
  /** Of the latest materialization or observation. */
  dataVersion: text(),
  observedAt: integer(),
  observedSeq: integer(),
});

export const assetEvent = sqliteTable(
  "asset_event",
  {
    asset: text().notNull(),
    gseq: integer().notNull(),
    type: text().notNull(),
    partition: text(),
    dataVersion: text(),
    /** 0: the same data version as before. */
    changed: integer(),
    /** Number of the event that started the step which made it; null: no step made it. */
    startedSeq: integer(),
  },
  (table) => [primaryKey({ columns: [table.asset, table.gseq] })],
);

export const checkState = sqliteTable(
  "check_state",
  {
    asset: text().notNull(),
    name: text().notNull(),
    gseq: integer().notNull(),
    at: integer().notNull(),
    run: text().notNull(),
    passed: integer().notNull(),
    severity: text().$type<"warn" | "error">().notNull(),
    description: text(),
  },
  (table) => [primaryKey({ columns: [table.asset, table.name] })],
);

export const checkEvent = sqliteTable(
  "check_event",
  {
    asset: text().notNull(),
    name: text().notNull(),
    gseq: integer().notNull(),
    runNo: integer().notNull(),
    step: text().notNull(),
    passed: integer().notNull(),
    severity: text().$type<"warn" | "error">().notNull(),
  },
  (table) => [primaryKey({ columns: [table.asset, table.name, table.gseq] })],
);

export const series = sqliteTable(
  "series",
  {
    asset: text().notNull(),
    name: text().notNull(),
    gseq: integer().notNull(),
    at: integer().notNull(),
    value: real().notNull(),
    run: text().notNull(),
    partition: text(),
  },
  (table) => [primaryKey({ columns: [table.asset, table.name, table.gseq] })],
);

/** One row per partitioned asset: which of its partitions are in which state, as compact sets. */
export const assetPartition = sqliteTable("asset_partition", {
  asset: text().primaryKey(),
  materialized: text().notNull(),
  failed: text().notNull(),
});

export const partitionFailure = sqliteTable(
  "partition_failure",
  { asset: text().notNull(), partition: text().notNull(), at: integer().notNull(), run: text().notNull(), message: text().notNull() },
  (table) => [primaryKey({ columns: [table.asset, table.partition] })],
);

// ------------------------------------------------------------------ agents and timers
export const agent = sqliteTable("agent", {
  instance: text().primaryKey(),
  token: text().notNull(),
  tokenName: text().notNull(),
  hostname: text().notNull(),
  version: text().notNull(),
  queue: text().notNull(),
  slots: integer().notNull(),
  status: text().$type<"connected" | "draining" | "disconnected">().notNull(),
  /** Tag of its socket. */
  socket: text(),
  connectedAt: integer().notNull(),
  lastSeenAt: integer().notNull(),
  /** Highest item number stored. */
  received: integer().notNull(),
  labels: text({ mode: "json" }).$type<Tags>().notNull(),
  locations: text({ mode: "json" })
    .$type<readonly { readonly location: string; readonly version: string; readonly state: "ready" | "failed" | "loading" }[]>()
    .notNull(),
});
export type AgentRow = typeof agent.$inferSelect;

export const timer = sqliteTable("timer", { kind: text().notNull(), id: text().notNull(), at: integer().notNull() }, (table) => [
  primaryKey({ columns: [table.kind, table.id] }),
]);
