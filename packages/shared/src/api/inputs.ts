/** Schemas of everything a client may send to a procedure; the control plane parses with them, forms and the CLI validate with them. */
import { z } from "zod";
import { PARTITION_STATUSES } from "../domain/partitions/status.ts";
import { assetKeySchema } from "../manifest/schema.ts";
import { cursorSchema, limitSchema } from "../contract/fields.ts";

const runId = z.uuid();
const tags = z.record(z.string().max(200), z.string().max(1000)).default({});

/** Exactly one of `job` and `selection`. */
export const launchTargetSchema = z
  .object({
    job: z.string().max(200).optional(),
    /** Needed when two locations define a job of that name. */
    location: z.string().max(200).optional(),
    selection: z.string().max(100_000).optional(),
    /** Partition of the partitioned assets, or `first...last` for one run over a range; without it the latest one is taken. */
    partition: z.string().max(2000).optional(),
    /** Run only the checks of the selection. */
    checksOnly: z.boolean().default(false),
  })
  .refine((value) => (value.job === undefined) !== (value.selection === undefined), {
    message: "give either a job or a selection, not both and not neither",
  });
export type LaunchTarget = z.input<typeof launchTargetSchema>;

export const launchSchema = z.object({
  target: launchTargetSchema,
  config: z.unknown().optional(),
  tags,
  /** Higher starts earlier. Left out: that of the job, otherwise 0. */
  priority: z.number().int().min(-1000).max(1000).optional(),
  /** Makes a repeated call (double click, retried request) return the same run. */
  requestId: z.string().max(100).optional(),
});
export type LaunchInput = z.input<typeof launchSchema>;

export const reexecuteSchema = z.object({
  run: runId,
  mode: z.enum(["all", "from_failure", "selected"]),
  steps: z.array(z.string()).max(10_000).optional(),
  requestId: z.string().max(100).optional(),
});

export const runFilterSchema = z.object({
  statuses: z.array(z.enum(["queued", "starting", "running", "canceling", "succeeded", "failed", "canceled"])).optional(),
  job: z.string().optional(),
  asset: assetKeySchema.optional(),
  /** Part of a run id, job, selection or tag value. */
  text: z.string().max(500).optional(),
  createdAfter: z.number().optional(),
  /** Id of a backfill. */
  backfill: z.string().max(100).optional(),
  /** Runs that a schedule or sensor asked for. */
  automation: z.object({ location: z.string(), kind: z.enum(["schedule", "sensor"]), name: z.string() }).optional(),
});

export const inputs = {
  empty: z.object({}).optional(),
  runId: z.object({ run: runId }),
  runList: z.object({ filter: runFilterSchema.default({}), cursor: cursorSchema, limit: limitSchema.default(50) }),
  runEvents: z.object({
    run: runId,
    /** Events with a greater sequence number. */
    after: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(5000).default(1000),
    step: z.string().optional(),
    types: z.array(z.string()).max(50).optional(),
    minLevel: z.enum(["debug", "info", "warn", "error"]).optional(),
  }),
  cancel: z.object({ run: runId, reason: z.string().max(1000).optional() }),
  preview: z.object({ target: launchTargetSchema }),
  assetStates: z.object({ cursor: cursorSchema, limit: z.number().int().min(1).max(10_000).default(5000) }),
  asset: z.object({ key: assetKeySchema }),
  assetEvents: z.object({
    key: assetKeySchema,
    cursor: cursorSchema,
    limit: limitSchema.default(50),
    types: z.array(z.enum(["asset_materialized", "asset_observed", "asset_failed", "check_evaluated", "freshness_changed"])).optional(),
    partition: z.string().optional(),
  }),
  assetCheckHistory: z.object({ key: assetKeySchema, check: z.string(), cursor: cursorSchema, limit: limitSchema.default(50) }),
  assetSeries: z.object({ key: assetKeySchema, limit: z.number().int().min(1).max(1000).default(200) }),
  assetPartitions: z.object({
    key: assetKeySchema,
    /** Only partitions in one of these. */
    statuses: z.array(z.enum(PARTITION_STATUSES)).optional(),
    cursor: cursorSchema,
    limit: z.number().int().min(1).max(2000).default(500),
  }),
  location: z.object({ location: z.string().max(200) }),
  versions: z.object({ location: z.string().max(200), cursor: cursorSchema, limit: limitSchema.default(50) }),
  activate: z.object({ location: z.string().max(200), version: z.string().max(200) }),
  createToken: z.object({
    name: z.string().min(1).max(100),
    kind: z.enum(["agent", "api"]),
    role: z.enum(["viewer", "launcher", "editor", "admin"]).optional(),
    expiresInDays: z.number().int().min(1).max(3650).optional(),
  }),
  revokeToken: z.object({ id: z.string().max(100) }),
} as const;
