/** Frames from the control plane to an agent. */
import { z } from "zod";
import { ERROR_CODES } from "../domain/errors.ts";
import { sensorEventSchema } from "../sensor/event-schema.ts";
import { MAX_TICK_EVENTS } from "./tick-limits.ts";

const step = { run: z.string(), step: z.string(), epoch: z.number().int() };

const jobInputSchema = z.object({
  input: z.string(),
  asset: z.string(),
  /** The partitions to load; null if the upstream is not partitioned. */
  keys: z.array(z.string()).nullable(),
  /** Keys that the mapping asks for and the upstream does not have. */
  missing: z.array(z.string()),
  /** The keys that were never materialized; of an upstream without partitions, its own key. */
  never: z.array(z.string()),
});

/** One step attempt to execute. Sent again, unchanged, when the agent may have missed it; an agent that has (run, step, epoch) ignores it. */
export const jobSchema = z.object({
  t: z.literal("job"),
  ...step,
  attempt: z.number().int().min(1),
  location: z.string(),
  version: z.string(),
  unit: z.string(),
  /** The assets and checks of the unit to do in this attempt; a retry names only what is still missing. */
  assets: z.array(z.string()),
  checks: z.array(z.string()),
  /** How many assets all attempts of the step have together. Left out if this attempt has them all, or by a control plane of an older release. */
  stepAssets: z.number().int().optional(),
  /** `start` and `end` in milliseconds when the partition is a time window. */
  partition: z
    .object({
      /** `first...last` for a range. */
      key: z.string(),
      start: z.number().nullable(),
      end: z.number().nullable(),
      /** The key of each dimension; only multi-dimensional partitions have it. */
      dimensions: z.record(z.string(), z.string()).optional(),
      /** The ends of a range, both included, and how many partitions it has. */
      range: z.object({ first: z.string(), last: z.string(), count: z.number().int() }).optional(),
      /** Every key of a range. Left out if there are too many for a frame, or by a control plane of an older release. */
      keys: z.array(z.string()).optional(),
    })
    .nullable(),
  /** What to load for each input, once for each name. Left out if it is too much for a frame, or by a control plane of an older release. */
  inputs: z.array(jobInputSchema).optional(),
  config: z.unknown().optional(),
  tags: z.record(z.string(), z.string()),
  timeoutSeconds: z.number().nullable(),
  /** The attempt ends when it reports nothing for so long. */
  idleTimeoutSeconds: z.number().optional(),
  /** Job name when the run came from a job. */
  job: z.string().nullable(),
});
export type JobFrame = z.infer<typeof jobSchema>;

export const tickSchema = z.object({
  t: z.literal("tick"),
  tick: z.string(),
  location: z.string(),
  version: z.string(),
  kind: z.enum(["schedule", "sensor"]),
  name: z.string(),
  cursor: z.string().nullable(),
  /** The tick's own time, milliseconds. */
  scheduledFor: z.number(),
  timeoutSeconds: z.number(),
  /** What woke a sensor, oldest first; the user function is called for each. Left out: its interval has passed. */
  events: z.array(sensorEventSchema).max(MAX_TICK_EVENTS).optional(),
  /** A dry run: nothing of the result will be stored. */
  dryRun: z.boolean().optional(),
});
export type TickFrame = z.infer<typeof tickSchema>;

export const downFrameSchema = z.discriminatedUnion("t", [
  z.object({
    t: z.literal("welcome"),
    protocol: z.number().int(),
    serverTime: z.number(),
    agent: z.string(),
    deployment: z.object({ org: z.string(), name: z.string() }),
    /** Highest item number stored for this instance; everything up to it may be forgotten. */
    received: z.number().int(),
    /** Attempts the agent runs but must not: unknown, ended, or superseded by a newer epoch. */
    drop: z.array(z.object(step)),
    /** Active code location versions to keep warm. */
    locations: z.array(z.object({ location: z.string(), version: z.string() })),
  }),
  z.object({ t: z.literal("ack"), s: z.number().int() }),
  jobSchema,
  z.object({ t: z.literal("cancel"), ...step, graceMs: z.number(), reason: z.string() }),
  tickSchema,
  /** Prepare this version (download, verify, warm a worker). Sent when a version becomes active. */
  z.object({ t: z.literal("load"), location: z.string(), version: z.string() }),
  /** A person opened or closed the raw output of a step. */
  z.object({ t: z.literal("tail"), run: z.string(), step: z.string(), on: z.boolean() }),
  z.object({ t: z.literal("drain"), reason: z.string() }),
  z.object({ t: z.literal("error"), code: z.enum(ERROR_CODES), message: z.string() }),
]);
export type DownFrame = z.infer<typeof downFrameSchema>;
