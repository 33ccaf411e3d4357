/** Schemas of what clients send about schedules, sensors, webhooks, conditions, partitions, backfills and limits. */
import { z } from "zod";
import { assetKeySchema, checkIdSchema, metadataSchema } from "../manifest/schema.ts";
import { sensorCursorSchema } from "../protocol/cursor.ts";
import { cursorSchema, limitSchema } from "../contract/fields.ts";

const name = z.string().min(1).max(200);
const partitionText = z.string().min(1).max(2000);
const tags = z.record(z.string().max(200), z.string().max(1000)).default({});
const automationRef = { location: name, kind: z.enum(["schedule", "sensor"]), name };
const target = z.union([assetKeySchema, checkIdSchema]);
export const pauseScopeSchema = z
  .string()
  .max(900)
  .regex(/^(all|location:.+|asset:.+)$/, "a scope is 'all', 'location:<name>' or 'asset:<key>'");
/** A key that a dynamic partition set may have: no control characters, no separators of ranges and dimensions. */
export const dynamicKeySchema = z
  .string()
  .min(1)
  .max(400)
  .refine(
    (key) => !key.includes("...") && !key.includes("|") && !/\p{Cc}/u.test(key),
    "a partition key has no '...', no '|' and no control characters",
  );

/** Which partitions a backfill takes. `missing` and `failed` may be narrowed down by `range`. */
export const backfillPartitionsSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("all") }),
  z.object({ type: z.literal("range"), first: partitionText, last: partitionText }),
  z.object({ type: z.literal("keys"), keys: z.array(partitionText).min(1).max(10_000) }),
  z.object({ type: z.literal("missing"), first: partitionText.optional(), last: partitionText.optional() }),
  z.object({ type: z.literal("failed"), first: partitionText.optional(), last: partitionText.optional() }),
  z.object({ type: z.literal("missing_or_failed"), first: partitionText.optional(), last: partitionText.optional() }),
]);

export const backfillTargetSchema = z.object({
  selection: z.string().min(1).max(100_000),
  /** Keys are those of the selected assets' first partitioned one; other assets get the partitions that map to them. */
  partitions: backfillPartitionsSchema,
  /** Partitions in one run; null: all that are next to each other. Left out: as the assets say, otherwise 1. */
  partitionsPerRun: z.number().int().min(1).max(100_000).nullish(),
});

export const settingsSchema = z.object({
  maxConcurrentRuns: z.number().int().min(1).max(10_000),
  tagLimits: z
    .array(
      z.object({
        key: name,
        value: z.string().max(1000).optional(),
        perValue: z.boolean().optional(),
        limit: z.number().int().min(0).max(10_000),
      }),
    )
    .max(200),
  pools: z.record(name, z.number().int().min(0).max(10_000)),
  defaultPoolLimit: z.number().int().min(1).max(10_000).nullable(),
  runRetry: z.object({
    maxRetries: z.number().int().min(0).max(20),
    strategy: z.enum(["from_failure", "all"]),
    on: z.enum(["any", "crashes"]),
  }),
  startTimeoutSeconds: z.number().min(10).max(86_400),
});

export const automationInputs = {
  // ---------------------------------------------------------------- schedules and sensors
  automationList: z
    .object({
      kind: z.enum(["schedule", "sensor"]).optional(),
      /** Those of exactly this name, in any code location. */
      name: z.string().max(400).optional(),
      /** Names both of them: longer than other cursors. */
      cursor: z.string().max(5000).nullish(),
      limit: limitSchema.default(100),
    })
    .default({ limit: 100 }),
  automation: z.object(automationRef),
  setAutomation: z.object({ ...automationRef, enabled: z.boolean().nullable() }),
  setCursor: z.object({ ...automationRef, cursor: sensorCursorSchema.nullable() }),
  /** Tries a tick out. Schedules: for a moment; sensors: with a cursor, and with an event for those that need one. */
  testTick: z.object({
    ...automationRef,
    scheduledFor: z.number().optional(),
    cursor: sensorCursorSchema.nullish(),
    /** Of a webhook delivery. */
    body: z.unknown().optional(),
    headers: z.record(z.string().max(200), z.string().max(10_000)).optional(),
    query: z.record(z.string().max(200), z.string().max(10_000)).optional(),
  }),
  /** Evaluates now what would otherwise wait for its time. */
  tickNow: z.object(automationRef),
  ticks: z.object({
    location: name.optional(),
    kind: z.enum(["schedule", "sensor"]).optional(),
    name: name.optional(),
    states: z.array(z.enum(["open", "requested", "skipped", "failed"])).optional(),
    cursor: cursorSchema,
    limit: limitSchema.default(50),
  }),
  tick: z.object({ id: z.string().max(100) }),
  /** Lets a run key make a run again. */
  releaseRunKey: z.object({ ...automationRef, key: z.string().max(500) }),

  // ---------------------------------------------------------------- webhooks
  hook: z.object({ location: name, sensor: name }),
  setHook: z.object({ location: name, sensor: name, enabled: z.boolean() }),
  revokeHookSecret: z.object({ location: name, sensor: name, secret: z.string().max(100) }),
  deliveries: z.object({
    location: name,
    sensor: name,
    states: z.array(z.enum(["pending", "requested", "skipped", "failed"])).optional(),
    cursor: cursorSchema,
    limit: limitSchema.default(50),
  }),
  delivery: z.object({ id: z.string().max(100) }),

  // ---------------------------------------------------------------- conditions
  conditions: z.object({ cursor: cursorSchema, limit: z.number().int().min(1).max(5000).default(1000) }).default({ limit: 1000 }),
  condition: z.object({ target }),
  evaluations: z.object({
    target: target.optional(),
    requestedOnly: z.boolean().default(false),
    cursor: cursorSchema,
    limit: limitSchema.default(50),
  }),
  evaluation: z.object({ id: z.string().max(100) }),
  pause: z.object({ scope: pauseScopeSchema, reason: z.string().max(1000).optional(), until: z.number().optional() }),
  unpause: z.object({ scope: pauseScopeSchema }),

  // ---------------------------------------------------------------- assets from outside
  /** A materialization, observation or check result of an asset that something else made. Repeating a `requestId` changes nothing. */
  reportAsset: z.object({
    type: z.enum(["materialized", "observed"]),
    asset: assetKeySchema,
    partition: partitionText.optional(),
    metadata: metadataSchema.default({}),
    dataVersion: z.string().max(500).optional(),
    description: z.string().max(10_000).optional(),
    requestId: z.string().max(100).optional(),
  }),
  reportCheck: z.object({
    asset: assetKeySchema,
    check: name,
    passed: z.boolean(),
    severity: z.enum(["warn", "error"]).default("error"),
    description: z.string().max(10_000).optional(),
    partition: partitionText.optional(),
    metadata: metadataSchema.default({}),
    requestId: z.string().max(100).optional(),
  }),

  // ---------------------------------------------------------------- partitions and backfills
  partitionMap: z.object({
    key: assetKeySchema,
    first: partitionText.optional(),
    last: partitionText.optional(),
    buckets: z.number().int().min(1).max(2000).default(400),
  }),
  dynamicKeys: z.object({ name, text: z.string().max(400).optional(), cursor: cursorSchema, limit: limitSchema.default(100) }),
  addDynamicKeys: z.object({ name, keys: z.array(dynamicKeySchema).min(1).max(1000) }),
  removeDynamicKeys: z.object({ name, keys: z.array(z.string().max(400)).min(1).max(1000) }),
  previewBackfill: z.object({ target: backfillTargetSchema }),
  launchBackfill: z.object({
    target: backfillTargetSchema,
    title: z.string().max(300).optional(),
    tags,
    config: z.unknown().optional(),
    priority: z.number().int().min(-1000).max(1000).default(-10),
    /** Runs of it that may be going on at the same time. */
    maxActive: z.number().int().min(1).max(1000).default(10),
    requestId: z.string().max(100).optional(),
  }),
  backfillList: z.object({
    statuses: z.array(z.enum(["running", "paused", "canceling", "canceled", "succeeded", "failed"])).optional(),
    cursor: cursorSchema,
    limit: limitSchema.default(50),
  }),
  backfill: z.object({ id: z.string().max(100) }),

  // ---------------------------------------------------------------- queue and times
  settings: settingsSchema.partial(),
  timeline: z.object({ from: z.number(), to: z.number(), limit: z.number().int().min(1).max(5000).default(1000) }),
} as const;
