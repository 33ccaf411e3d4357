/** What schedules, sensors and their ticks look like. Times are milliseconds since the epoch. */
import { z } from "zod";
import { OFF_REASONS } from "../../domain/automation/starts-on.ts";
import { sensorEventSchema } from "../../sensor/event-schema.ts";
import { manifestSensorSchema } from "../../manifest/schema.ts";
import { view, type View } from "../view.ts";
import { webhookViewSchema } from "./webhook-views.ts";

export const offReasonSchema = z.enum(OFF_REASONS);

export const automationKindSchema = z.enum(["schedule", "sensor"]);
export type AutomationKind = View<typeof automationKindSchema>;

/** Names one schedule or sensor. */
const ref = { location: z.string(), kind: automationKindSchema, name: z.string() };
export const automationRefSchema = z.object(ref);
export type AutomationRef = View<typeof automationRefSchema>;

export const tickStateSchema = z.enum(["open", "requested", "skipped", "failed"]);
export type TickState = View<typeof tickStateSchema>;
/** Why a tick was made. */
export const tickCauseSchema = z.enum(["clock", "catch_up", "event", "webhook", "person", "retry"]);
export type TickCause = View<typeof tickCauseSchema>;

export const tickSummarySchema = view(
  "TickSummary",
  z.object({
    ...ref,
    id: z.string(),
    state: tickStateSchema,
    cause: tickCauseSchema,
    scheduledFor: z.number(),
    /** When it was decided or sent to an agent; null while it waits for an agent. */
    startedAt: z.number().nullable(),
    finishedAt: z.number().nullable(),
    /** From its time to its start. */
    lateMs: z.number().nullable(),
    attempt: z.number(),
    /** Host name. */
    agent: z.string().nullable(),
    /** Ids, at most the first 100. */
    runs: z.array(z.string()),
    runCount: z.number(),
    /** The reason of a skipped tick, the error of a failed one. */
    message: z.string().nullable(),
  }),
);
export type TickSummary = View<typeof tickSummarySchema>;

const logLine = z.object({ level: z.string(), message: z.string(), at: z.number() });
const dynamicChange = z.object({ name: z.string(), added: z.array(z.string()), removed: z.array(z.string()) });

export const tickDetailSchema = view(
  "TickDetail",
  tickSummarySchema.extend({
    cursorBefore: z.string().nullable(),
    cursorAfter: z.string().nullable(),
    stack: z.string().nullable(),
    logs: z.array(logLine),
    /** Run keys that had made a run before, with that run. */
    deduplicated: z.array(z.object({ key: z.string(), run: z.string().nullable() })),
    dynamicPartitions: z.array(dynamicChange),
    events: z.array(sensorEventSchema),
    /** Missed ticks that its catch-up policy gave up. */
    dropped: z.number(),
  }),
);
export type TickDetail = View<typeof tickDetailSchema>;

/** A schedule or sensor as it is now; its definition is in the definitions document. */
export const automationViewSchema = view(
  "AutomationView",
  z.object({
    ...ref,
    sensorKind: manifestSensorSchema.shape.kind.nullable(),
    enabled: z.boolean(),
    /** Why it is off; null: it is on. */
    off: offReasonSchema.nullable(),
    /** Who turned it on or off; null: its definition decides. */
    changed: z.object({ by: z.string(), at: z.number() }).nullable(),
    lastTick: tickSummarySchema.nullable(),
    /** Failed ticks since the last one that did not fail. */
    failuresInARow: z.number(),
    /** Newest first, at most 40. */
    recent: z.array(z.object({ id: z.string(), state: tickStateSchema, at: z.number(), lateMs: z.number().nullable() })),
    /** Null: off, or woken by events only. */
    nextAt: z.number().nullable(),
    /** Events and deliveries that wait for their tick. */
    pendingEvents: z.number(),
    /** Why it does not tick though it should: no agent, an evaluation that goes on, a paused location. */
    waiting: z.string().nullable(),
    hasWebhook: z.boolean(),
  }),
);
export type AutomationView = View<typeof automationViewSchema>;

export const automationDetailSchema = view(
  "AutomationDetail",
  z.object({
    automation: automationViewSchema,
    cursor: z.string().nullable(),
    /** The next times of a schedule, whether it is on or off. */
    upcoming: z.array(z.number()),
    hook: webhookViewSchema.nullable(),
  }),
);
export type AutomationDetail = View<typeof automationDetailSchema>;

/** The result of a dry run of a tick: nothing of it was stored. */
export const dryRunSchema = view(
  "DryRun",
  z.object({
    outcome: z.enum(["evaluated", "failed"]),
    runs: z.array(
      z.object({
        runKey: z.string().nullable(),
        job: z.string().nullable(),
        selection: z.string().nullable(),
        partition: z.string().nullable(),
        tags: z.record(z.string(), z.string()),
        /** Why it would not be made: refused, or made before. */
        problem: z.string().nullable(),
      }),
    ),
    cursor: z.string().nullable(),
    message: z.string().nullable(),
    stack: z.string().nullable(),
    logs: z.array(logLine),
    dynamicPartitions: z.array(dynamicChange),
    /** What it would report about assets. */
    reports: z.array(
      z.object({
        type: z.enum(["materialized", "observed"]),
        asset: z.string(),
        partition: z.string().nullable(),
        /** Why it would be refused. */
        problem: z.string().nullable(),
      }),
    ),
  }),
);
export type DryRun = View<typeof dryRunSchema>;
