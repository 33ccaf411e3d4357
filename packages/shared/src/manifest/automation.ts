/** Schemas of the parts of a manifest that say when something starts by itself: conditions, freshness, catch-up, webhooks. */
import { z } from "zod";
import type { Condition } from "../domain/automation/condition.ts";
import { readCondition } from "../domain/automation/condition-json.ts";
import type { CatchUpPolicy } from "../domain/cron/catch-up.ts";
import type { FreshnessPolicySpec } from "../domain/health/freshness-policy.ts";

export const conditionSchema: z.ZodType<Condition, unknown> = z
  .unknown()
  .superRefine((value, context) => {
    const read = readCondition(value);
    if (!read.ok) context.addIssue({ code: "custom", message: read.error.message });
  })
  .transform((value) => value as Condition);

export const freshnessSchema: z.ZodType<FreshnessPolicySpec> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("time_window"), failAfterSeconds: z.number().positive(), warnAfterSeconds: z.number().positive().optional() }),
  z.object({
    type: z.literal("cron"),
    cron: z.string().max(1000),
    timezone: z.string().max(100).optional(),
    lowerBoundSeconds: z.number().positive(),
  }),
]);

/** What happens to ticks that were missed while the control plane did not run. Default: `latest`. */
export const catchUpSchema: z.ZodType<CatchUpPolicy> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("none"), toleranceMs: z.number().min(0).optional() }),
  z.object({ type: z.literal("latest") }),
  z.object({ type: z.literal("last"), count: z.number().int().min(1).max(10_000) }),
  z.object({ type: z.literal("within"), ms: z.number().positive() }),
]);

/**
 * What a tick does while a run of the same schedule is still going on: start another one, do nothing, start one when it has ended (at most
 * one waits), or cancel it and start another.
 */
export const overlapSchema = z.enum(["allow", "skip", "queue", "cancel_previous"]);
export type OverlapPolicy = z.infer<typeof overlapSchema>;

/**
 * A place in a JSON body: names and array indexes joined with dots, e.g. `data.connection.id` or `files.0.key`; `headers.x` and `query.x`
 * when it starts with `$headers.` or `$query.`.
 */
export const jsonPathSchema = z.string().min(1).max(500);

/** The address of a webhook sensor. The secret is made and kept by the control plane, never by the code location. */
export const webhookSchema = z.object({
  /**
   * `standard`: Standard Webhooks signature. `github`: X-Hub-Signature-256. `secret`: a shared secret in the header
   * `x-headgate-secret`, as bearer token, as basic auth's password, or as the last part of the address. `none`: anyone who knows the address.
   */
  verify: z.enum(["standard", "github", "secret", "none"]),
  /** Bodies that are not JSON are accepted and handed on as text. */
  raw: z.boolean().default(false),
  /** Without a user function: which delivery asks for a run, and how its parts become those of the run request. */
  map: z
    .object({
      /** All must hold; a delivery for which one does not is recorded as skipped. */
      when: z
        .array(z.object({ path: jsonPathSchema, equals: z.union([z.string(), z.number(), z.boolean(), z.null()]) }))
        .max(20)
        .optional(),
      runKey: jsonPathSchema.optional(),
      partition: jsonPathSchema.optional(),
      /** Tag -> where its value stands. */
      tags: z.record(z.string().max(200), jsonPathSchema).optional(),
    })
    .optional(),
});
export type WebhookSpec = z.infer<typeof webhookSchema>;

/** How many partitions one run of a backfill takes; null: all that are next to each other. */
export const backfillPolicySchema = z.object({ maxPartitionsPerRun: z.number().int().min(1).nullable() });
export type BackfillPolicy = z.infer<typeof backfillPolicySchema>;

/** What happens when a run fails. `crashes`: only when the agent or worker was lost, not when user code failed. */
export const runRetrySchema = z.object({
  maxRetries: z.number().int().min(0).max(20),
  strategy: z.enum(["from_failure", "all"]).default("from_failure"),
  delaySeconds: z.number().min(0).max(86_400).default(0),
  on: z.enum(["any", "crashes"]).default("any"),
});
export type RunRetryPolicy = z.infer<typeof runRetrySchema>;
