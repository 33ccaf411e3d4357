/**
 * The manifest: everything the control plane knows of one code location version. Produced by indexing the location in a child
 * process, stored under its hash, deterministic (no time stamps), at most MANIFEST_MAX_BYTES as canonical JSON.
 *
 * History: 1 first version.
 */
import { z } from "zod";
import { DEFAULT_STATUSES } from "../domain/automation/starts-on.ts";
import type { PartitionMapping, PartitionsDefinition } from "../domain/partitions/definition.ts";
import { backfillPolicySchema, catchUpSchema, conditionSchema, freshnessSchema, overlapSchema, runRetrySchema } from "./automation.ts";
import { metadataSchema, tableColumnSchema } from "./metadata.ts";
import { assetKeySchema, checkIdSchema, checkNameSchema } from "./names.ts";
import { SENSOR_KIND_NAMES, sensorFields } from "../sensor/sensor-table.ts";

export const MANIFEST_VERSION = 1;
export const MANIFEST_OLDEST_SUPPORTED = 1;
export const MANIFEST_MAX_BYTES = 16 * 1024 * 1024;

const name = z.string().min(1).max(200);
/** Characters of the description of an asset. */
export const MAX_DESCRIPTION = 100_000;
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

const timePartitions = z.object({
  type: z.literal("time"),
  cadence: z.enum(["hourly", "daily", "weekly", "monthly", "cron"]),
  cron: z.string().optional(),
  start: z.string(),
  end: z.string().optional(),
  timezone: z.string().optional(),
  format: z.string().optional(),
  minuteOffset: z.number().int().optional(),
  hourOffset: z.number().int().optional(),
  dayOffset: z.number().int().optional(),
  endOffset: z.number().int().optional(),
  exclusions: z.array(z.string()).optional(),
});
const staticPartitions = z.object({ type: z.literal("static"), keys: z.array(z.string()).max(100_000) });
const dynamicPartitions = z.object({ type: z.literal("dynamic"), name });
export const partitionsSchema: z.ZodType<PartitionsDefinition> = z.discriminatedUnion("type", [
  timePartitions,
  staticPartitions,
  dynamicPartitions,
  z.object({
    type: z.literal("multi"),
    dimensions: z
      .array(z.object({ name, partitions: z.discriminatedUnion("type", [timePartitions, staticPartitions, dynamicPartitions]) }))
      .min(2),
  }),
]);
export const mappingSchema: z.ZodType<PartitionMapping> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("identity") }),
  z.object({
    type: z.literal("time_window"),
    startOffset: z.number().int().optional(),
    endOffset: z.number().int().optional(),
    allowNonexistentUpstream: z.boolean().optional(),
  }),
  z.object({ type: z.literal("all") }),
  z.object({ type: z.literal("last") }),
  z.object({ type: z.literal("specific"), keys: z.array(z.string()) }),
  z.object({ type: z.literal("static"), downstreamByUpstream: z.record(z.string(), z.array(z.string())) }),
  z.object({ type: z.literal("dimension"), dimension: z.string() }),
]);

export const retrySchema = z.object({
  maxRetries: z.number().int().min(0).max(100),
  delaySeconds: z.number().min(0).max(86_400).optional(),
  backoff: z.enum(["none", "linear", "exponential"]).optional(),
  jitter: z.enum(["none", "full", "plus_minus"]).optional(),
});

/**
 * Whether a schedule, sensor or condition is on before a person switches it. Left out: it is on once its code location was switched on.
 * Older publishers never leave it out for schedules and sensors.
 */
const defaultStatusSchema = z.enum(DEFAULT_STATUSES);

export const sourceLocationSchema = z.object({ file: z.string(), line: z.number().int() });

export const manifestAssetSchema = z.object({
  key: assetKeySchema,
  /** Null: external, nothing here materializes it. */
  unit: z.string().nullable(),
  group: z.string().default("default"),
  description: z.string().max(MAX_DESCRIPTION).optional(),
  owners: z.array(z.string()).default([]),
  tags: z.record(z.string(), z.string()).default({}),
  kinds: z.array(z.string()).max(10).default([]),
  /** Upstream assets. `input` names the argument that receives the upstream value. */
  deps: z.array(z.object({ key: assetKeySchema, mapping: mappingSchema.optional(), input: z.string().optional() })).default([]),
  partitions: partitionsSchema.optional(),
  codeVersion: z.string().optional(),
  columns: z.array(tableColumnSchema).optional(),
  /** Fully qualified table name, where the asset is a table. */
  relation: z.string().optional(),
  /** Where a person finds it: a BI dashboard, an Airbyte connection. */
  url: z.string().optional(),
  /** Source text worth showing, e.g. a dbt model's SQL. */
  code: z.object({ language: z.string(), text: z.string().max(200_000) }).optional(),
  metadata: metadataSchema.default({}),
  /** JSON Schema of its run config. */
  configSchema: z.unknown().optional(),
  /** When it is materialized by itself. */
  automation: conditionSchema.optional(),
  /** The default status of its condition. */
  automationStatus: defaultStatusSchema.optional(),
  freshness: freshnessSchema.optional(),
  backfill: backfillPolicySchema.optional(),
  /** Its unit looks at it and reports its data version instead of materializing it. */
  observable: z.boolean().optional(),
  source: sourceLocationSchema.optional(),
});
export type ManifestAsset = z.infer<typeof manifestAssetSchema>;

export const manifestUnitSchema = z.object({
  id: z.string().min(1).max(600),
  kind: z.enum(["asset", "multi", "dbt", "check"]),
  assets: z.array(assetKeySchema).default([]),
  checks: z.array(checkIdSchema).default([]),
  subset: z.boolean().default(false),
  retry: retrySchema.optional(),
  timeoutSeconds: z.number().positive().optional(),
  /** The attempt fails when it reports nothing, not even a log line, for so long. */
  idleTimeoutSeconds: z.number().positive().optional(),
  pool: z.string().optional(),
  resources: z.array(z.string()).default([]),
  deps: z.array(assetKeySchema).optional(),
});
export type ManifestUnit = z.infer<typeof manifestUnitSchema>;

export const manifestCheckSchema = z.object({
  asset: assetKeySchema,
  name: checkNameSchema,
  unit: z.string(),
  description: z.string().optional(),
  blocking: z.boolean().default(false),
  severity: z.enum(["warn", "error"]).default("error"),
  /** When it is evaluated by itself. */
  automation: conditionSchema.optional(),
  /** The default status of its condition. */
  automationStatus: defaultStatusSchema.optional(),
  source: sourceLocationSchema.optional(),
});
export type ManifestCheck = z.infer<typeof manifestCheckSchema>;

export const manifestJobSchema = z.object({
  name,
  /** Selection text; builders are printed to text at index time. */
  selection: z.string(),
  description: z.string().optional(),
  tags: z.record(z.string(), z.string()).default({}),
  config: z.unknown().optional(),
  retry: retrySchema.optional(),
  timeoutSeconds: z.number().positive().optional(),
  /** What happens when a run of it fails; `retry` above is the policy of its steps. */
  runRetry: runRetrySchema.optional(),
  priority: z.number().int().min(-1000).max(1000).optional(),
  source: sourceLocationSchema.optional(),
});
export type ManifestJob = z.infer<typeof manifestJobSchema>;

export const manifestScheduleSchema = z.object({
  name,
  job: z.string(),
  cron: z.array(z.string()).min(1),
  timezone: z.string().default("UTC"),
  description: z.string().optional(),
  defaultStatus: defaultStatusSchema.optional(),
  /** True: a user function decides at each tick and must be evaluated on an agent. */
  evaluated: z.boolean().default(false),
  tags: z.record(z.string(), z.string()).default({}),
  catchUp: catchUpSchema.optional(),
  overlap: overlapSchema.optional(),
  /** Each tick starts up to so much later than its time, by a share that is fixed for the schedule. */
  jitterSeconds: z.number().min(0).max(86_400).optional(),
  /** Seconds that the user function may take. */
  timeoutSeconds: z.number().positive().optional(),
  source: sourceLocationSchema.optional(),
});
export type ManifestSchedule = z.infer<typeof manifestScheduleSchema>;

export const manifestSensorSchema = z.object({
  name,
  kind: z.enum(SENSOR_KIND_NAMES),
  job: z.string().optional(),
  timeoutSeconds: z.number().positive().default(60),
  description: z.string().optional(),
  defaultStatus: defaultStatusSchema.optional(),
  ...sensorFields(),
  evaluated: z.boolean().default(true),
  resources: z.array(z.string()).default([]),
  source: sourceLocationSchema.optional(),
});
export type ManifestSensor = z.infer<typeof manifestSensorSchema>;

/** A relative path in its only spelling, so that two names are two files on every agent. */
function isPlainPath(path: string): boolean {
  return !/[\\\0]/.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

export const manifestFileSchema = z.object({
  path: z.string().min(1).max(1024).refine(isPlainPath, "a relative path without empty parts, '.', '..' and backslashes"),
  sha256: sha256Schema,
  size: z.number().int().min(0),
  /** Absent: it is no program. */
  executable: z.literal(true).optional(),
});
export type ManifestFile = z.infer<typeof manifestFileSchema>;

export const manifestSchema = z.object({
  schema: z.literal(MANIFEST_VERSION),
  location: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, "a code location name is letters, digits, '_' and '-'"),
  sdk: z.object({ version: z.string() }),
  runtime: z.object({ node: z.string() }),
  /** Path, within `files`, of the module that workers import. */
  entry: z.string(),
  files: z.array(manifestFileSchema).max(20_000),
  /** Names of environment variables that the location reads; values stay in the cluster. */
  env: z.array(z.string()).default([]),
  resources: z.array(z.object({ key: z.string(), kind: z.string() })).default([]),
  pools: z.record(z.string(), z.number().int().min(1)).default({}),
  assets: z.array(manifestAssetSchema).max(100_000),
  units: z.array(manifestUnitSchema),
  checks: z.array(manifestCheckSchema).default([]),
  jobs: z.array(manifestJobSchema).default([]),
  schedules: z.array(manifestScheduleSchema).default([]),
  sensors: z.array(manifestSensorSchema).default([]),
  git: z
    .object({ commit: z.string(), branch: z.string().nullable(), dirty: z.boolean(), url: z.string().nullable() })
    .nullable()
    .default(null),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Why a code location could not be loaded; several problems are reported at once. */
export const loadErrorSchema = z.object({
  kind: z.enum(["syntax", "missing_package", "threw", "invalid_definition", "timeout", "crashed", "project"]),
  message: z.string().max(20_000),
  stack: z.string().max(50_000).optional(),
  /** Source lines around the place, with a caret, for a fixed-width font. */
  codeFrame: z.string().max(20_000).optional(),
  file: z.string().optional(),
  line: z.number().int().optional(),
  /** What to do about it. */
  hint: z.string().optional(),
});
export type LoadError = z.infer<typeof loadErrorSchema>;
