/** What a sensor's function is told about each type of event. Apart from the texts, which the dashboard loads without a parser. */
import { z } from "zod";
import { metadataSchema } from "../manifest/metadata.ts";

export const assetEventSchema = z.object({
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
export type AssetEvent = z.infer<typeof assetEventSchema>;

export const assetsEventSchema = z.object({ type: z.literal("assets"), events: z.array(assetEventSchema) });
export type AssetsEvent = z.infer<typeof assetsEventSchema>;

export const runEventSchema = z.object({
  type: z.literal("run"),
  run: z.string(),
  job: z.string().nullable(),
  location: z.string().nullable(),
  status: z.enum(["succeeded", "failed", "canceled"]),
  partition: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  message: z.string().nullable(),
  at: z.number(),
});
export type RunEvent = z.infer<typeof runEventSchema>;

export const checkEventSchema = z.object({
  type: z.literal("check"),
  asset: z.string(),
  check: z.string(),
  outcome: z.enum(["passed", "warned", "failed"]),
  description: z.string().nullable(),
  run: z.string().nullable(),
  partition: z.string().nullable(),
  at: z.number(),
  metadata: metadataSchema,
});
export type CheckEvent = z.infer<typeof checkEventSchema>;

export const webhookEventSchema = z.object({
  type: z.literal("webhook"),
  /** The control plane's id of the delivery. */
  delivery: z.string(),
  method: z.string(),
  headers: z.record(z.string(), z.string()),
  query: z.record(z.string(), z.string()),
  /** Parsed when it is JSON, otherwise text. */
  body: z.unknown(),
  at: z.number(),
});
export type WebhookEvent = z.infer<typeof webhookEventSchema>;

export const sensorEventSchema = z.discriminatedUnion("type", [
  assetEventSchema,
  assetsEventSchema,
  runEventSchema,
  checkEventSchema,
  webhookEventSchema,
]);
export type SensorEvent = z.infer<typeof sensorEventSchema>;
