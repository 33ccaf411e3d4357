/** What can wake a sensor besides its interval: the events that a tick brings to the user function. */
import { z } from "zod";
import { metadataSchema } from "../manifest/schema.ts";

const assetEvent = z.object({
  type: z.literal("asset"),
  /** Deployment-wide number of the event; grows. */
  seq: z.number().int(),
  asset: z.string(),
  partition: z.string().nullable(),
  /** Null: reported from outside. */
  run: z.string().nullable(),
  at: z.number(),
  metadata: metadataSchema,
  dataVersion: z.string().nullable(),
});

export const sensorEventSchema = z.discriminatedUnion("type", [
  assetEvent,
  /** The latest materialization of each asset, for a sensor that waits for all of them. */
  z.object({ type: z.literal("assets"), events: z.array(assetEvent) }),
  z.object({
    type: z.literal("run"),
    run: z.string(),
    job: z.string().nullable(),
    location: z.string().nullable(),
    status: z.enum(["succeeded", "failed", "canceled"]),
    partition: z.string().nullable(),
    tags: z.record(z.string(), z.string()),
    message: z.string().nullable(),
    at: z.number(),
  }),
  z.object({
    type: z.literal("check"),
    asset: z.string(),
    check: z.string(),
    outcome: z.enum(["passed", "warned", "failed"]),
    description: z.string().nullable(),
    run: z.string().nullable(),
    partition: z.string().nullable(),
    at: z.number(),
    metadata: metadataSchema,
  }),
  z.object({
    type: z.literal("webhook"),
    /** The control plane's id of the delivery. */
    delivery: z.string(),
    method: z.string(),
    headers: z.record(z.string(), z.string()),
    query: z.record(z.string(), z.string()),
    /** Parsed when it is JSON, otherwise text. */
    body: z.unknown(),
    at: z.number(),
  }),
]);
export type SensorEvent = z.infer<typeof sensorEventSchema>;

/** At most so many events in one tick; the others wait for the next. */
export const MAX_TICK_EVENTS = 50;
/** At most so many run requests from one tick or checkpoint. More end the tick as failed, before any is made. */
export const MAX_TICK_REQUESTS = 1000;
