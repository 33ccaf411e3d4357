/** What a run, its steps and its events look like. Times are milliseconds since the epoch by the control plane's clock. */
import { z } from "zod";
import { FRESHNESS_STATES } from "../../domain/health/freshness.ts";
import { LOG_LEVELS, type ControlEvent, type RunEvent } from "../../domain/run/event.ts";
import { RUN_STATUSES, STEP_STATUSES } from "../../domain/run/status.ts";
import { stepEventSchema, failureSchema } from "../../protocol/step-event.ts";
import { view, type View } from "../view.ts";

/** Why a run exists: who or what asked for it. */
export const runCauseSchema = view(
  "RunCause",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("person"), user: z.string() }),
    z.object({ type: z.literal("token"), name: z.string() }),
    z.object({ type: z.literal("schedule"), name: z.string(), location: z.string(), tick: z.string() }),
    z.object({
      type: z.literal("sensor"),
      name: z.string(),
      location: z.string(),
      tick: z.string(),
      /** What woke the sensor, as a sentence. */
      event: z.string().optional(),
    }),
    /** An automation condition of these assets and checks became true; at most the first 20 are listed. */
    z.object({ type: z.literal("condition"), targets: z.array(z.string()), evaluation: z.string() }),
    z.object({ type: z.literal("backfill"), backfill: z.string(), by: z.string() }),
    /** The job's policy, or the deployment's, makes a failed run again. `attempt` counts from 1. */
    z.object({ type: z.literal("retry"), parent: z.string(), attempt: z.number(), of: z.number() }),
    z.object({
      type: z.literal("reexecution"),
      parent: z.string(),
      mode: z.enum(["all", "from_failure", "selected"]),
      by: z.string(),
    }),
    z.object({ type: z.literal("system"), reason: z.string() }),
  ]),
);
export type RunCause = View<typeof runCauseSchema>;

/** What a queued run or a pending step waits for, as a sentence and as data. */
export const waitingReasonSchema = view(
  "WaitingReason",
  z.object({
    kind: z.enum(["no_agent", "slots", "pool", "run_limit", "tag_limit", "upstream", "retry", "pod"]),
    message: z.string(),
  }),
);
export type WaitingReason = View<typeof waitingReasonSchema>;

export const runSummarySchema = view(
  "RunSummary",
  z.object({
    id: z.string(),
    status: z.enum(RUN_STATUSES),
    job: z.string().nullable(),
    selection: z.string(),
    partition: z.string().nullable(),
    tags: z.record(z.string(), z.string()),
    trigger: runCauseSchema,
    parent: z.string().nullable(),
    /** The backfill that it belongs to. */
    backfill: z.string().nullable(),
    priority: z.number(),
    /** When the run policy makes it again. */
    retryAt: z.number().nullable(),
    createdAt: z.number(),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    assetCount: z.number(),
    steps: z.object({
      total: z.number(),
      succeeded: z.number(),
      failed: z.number(),
      skipped: z.number(),
      running: z.number(),
      canceled: z.number(),
    }),
    /** Materializations recorded so far, of `assetCount`. */
    materialized: z.number(),
    /** First sentence of the first failure. */
    error: z.string().nullable(),
    checksFailed: z.number(),
    checksWarned: z.number(),
    /** Sentence of the first check that failed or, if none did, warned. */
    failedCheck: z.string().nullable(),
    waiting: waitingReasonSchema.nullable(),
    /** Highest event sequence within the run. */
    lastSeq: z.number(),
  }),
);
export type RunSummary = View<typeof runSummarySchema>;

export const stepViewSchema = view(
  "StepView",
  z.object({
    run: z.string(),
    key: z.string(),
    location: z.string(),
    unit: z.string(),
    kind: z.enum(["asset", "multi", "dbt", "check"]),
    status: z.enum(STEP_STATUSES),
    assets: z.array(z.string()),
    checks: z.array(z.string()),
    partition: z.string().nullable(),
    deps: z.array(z.string()),
    attempt: z.number(),
    maxAttempts: z.number(),
    agent: z.string().nullable(),
    readyAt: z.number().nullable(),
    assignedAt: z.number().nullable(),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    retryAt: z.number().nullable(),
    failure: failureSchema.nullable(),
    waiting: waitingReasonSchema.nullable(),
  }),
);
export type StepView = View<typeof stepViewSchema>;

/** One bar of the timeline inside a step of several assets (a dbt model). */
export const stepAssetViewSchema = view(
  "StepAssetView",
  z.object({
    run: z.string(),
    step: z.string(),
    asset: z.string(),
    status: z.enum(["running", "succeeded", "failed", "skipped"]),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    rowCount: z.number().nullable(),
    message: z.string().nullable(),
  }),
);
export type StepAssetView = View<typeof stepAssetViewSchema>;

export const runDetailSchema = view(
  "RunDetail",
  z.object({
    run: runSummarySchema,
    steps: z.array(stepViewSchema),
    stepAssets: z.array(stepAssetViewSchema),
    failure: failureSchema.nullable(),
    failedStep: z.string().nullable(),
    config: z.unknown().optional(),
    versions: z.array(z.object({ location: z.string(), version: z.string(), number: z.number() })),
    children: z.array(z.object({ id: z.string(), status: z.enum(RUN_STATUSES), createdAt: z.number() })),
  }),
);
export type RunDetail = View<typeof runDetailSchema>;

const level = z.enum(LOG_LEVELS);
/** What the control plane records in a run; equal in type to the domain's `ControlEvent`. */
const controlEventSchema: z.ZodType<ControlEvent> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("run_queued"), waitingFor: z.string().optional() }),
  z.object({ type: z.literal("run_starting") }),
  z.object({ type: z.literal("run_started") }),
  z.object({ type: z.literal("run_canceling"), by: z.string(), reason: z.string().optional() }),
  z.object({ type: z.literal("run_succeeded") }),
  z.object({ type: z.literal("run_failed"), failure: failureSchema }),
  z.object({ type: z.literal("run_canceled"), by: z.string() }),
  z.object({ type: z.literal("step_assigned"), agent: z.string(), epoch: z.number(), attempt: z.number() }),
  z.object({ type: z.literal("step_succeeded"), durationMs: z.number() }),
  z.object({ type: z.literal("step_failed"), failure: failureSchema, willRetry: z.boolean() }),
  z.object({ type: z.literal("step_retry_scheduled"), attempt: z.number(), at: z.number() }),
  z.object({ type: z.literal("step_skipped"), because: z.string() }),
  z.object({ type: z.literal("step_canceled") }),
  z.object({
    type: z.literal("freshness_changed"),
    asset: z.string(),
    from: z.enum(FRESHNESS_STATES),
    to: z.enum(FRESHNESS_STATES),
  }),
  z.object({ type: z.literal("engine"), level, message: z.string() }),
]);
export const runEventSchema: z.ZodType<RunEvent> = view("RunEvent", z.union([stepEventSchema, controlEventSchema]));

export const eventRowSchema = view(
  "EventRow",
  z.object({
    /** Within the run, gap-free from 1. */
    seq: z.number(),
    at: z.number(),
    step: z.string().nullable(),
    attempt: z.number().nullable(),
    event: runEventSchema,
  }),
);
export type EventRow = View<typeof eventRowSchema>;
