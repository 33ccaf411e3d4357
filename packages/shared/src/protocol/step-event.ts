/** Schemas of what an agent reports of a step; equal in type to the domain's `StepEvent` and `StepOutcome`. */
import { z } from "zod";
import type { StepEvent, StepOutcome } from "../domain/run/event.ts";
import { FAILURE_KINDS, type Failure } from "../domain/run/failure.ts";
import { metadataSchema } from "../manifest/metadata.ts";

export const failureSchema: z.ZodType<Failure> = z.object({
  kind: z.enum(FAILURE_KINDS),
  message: z.string().max(20_000),
  name: z.string().optional(),
  stack: z.string().max(50_000).optional(),
  frames: z
    .array(
      z.object({ file: z.string(), line: z.number(), column: z.number().optional(), function: z.string().optional(), user: z.boolean() }),
    )
    .max(100)
    .optional(),
  codeFrame: z.string().max(20_000).optional(),
  source: z.object({ language: z.string(), text: z.string().max(100_000) }).optional(),
  get cause() {
    return failureSchema.optional();
  },
});

const severity = z.enum(["warn", "error"]);
const asset = z.string();
export const stepEventSchema: z.ZodType<StepEvent> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("step_started"), worker: z.string(), pid: z.number() }),
  z.object({
    type: z.literal("log"),
    level: z.enum(["debug", "info", "warn", "error"]),
    message: z.string().max(64 * 1024),
    fields: z.record(z.string(), z.unknown()).optional(),
    asset: asset.optional(),
    source: z.enum(["user", "dbt", "agent", "pipes"]).optional(),
  }),
  z.object({ type: z.literal("asset_started"), asset }),
  z.object({
    type: z.literal("asset_materialized"),
    asset,
    partition: z.string().optional(),
    metadata: metadataSchema,
    durationMs: z.number().optional(),
    dataVersion: z.string().optional(),
  }),
  z.object({
    type: z.literal("asset_observed"),
    asset,
    partition: z.string().optional(),
    metadata: metadataSchema,
    dataVersion: z.string().optional(),
  }),
  z.object({ type: z.literal("asset_failed"), asset, failure: failureSchema, durationMs: z.number().optional() }),
  z.object({ type: z.literal("asset_skipped"), asset, reason: z.string() }),
  z.object({
    type: z.literal("check_evaluated"),
    asset,
    check: z.string(),
    passed: z.boolean(),
    severity,
    description: z.string().optional(),
    metadata: metadataSchema,
    durationMs: z.number().optional(),
    partition: z.string().optional(),
  }),
]);

export const stepOutcomeSchema: z.ZodType<StepOutcome> = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("succeeded") }),
  z.object({ outcome: z.literal("failed"), failure: failureSchema, retryable: z.boolean() }),
  z.object({ outcome: z.literal("canceled") }),
]);
