/** Limits of a deployment, changed by an admin. */
import { z } from "zod";
import { nameSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { view, type View } from "../view.ts";

const slots = z.number().int().min(0).max(10_000);
export const tagLimitSchema = z.object({
  key: nameSchema,
  value: z.string().max(1000).optional(),
  perValue: z.boolean().optional(),
  limit: slots,
});
export type TagLimitView = View<typeof tagLimitSchema>;

const fields = {
  maxConcurrentRuns: z.number().int().min(1).max(10_000),
  tagLimits: z.array(tagLimitSchema).max(200),
  /** Slots of pools; they override what code locations say. */
  pools: z.record(nameSchema, slots),
  /** For pools without slots of their own; null: no limit. */
  defaultPoolLimit: z.number().int().min(1).max(10_000).nullable(),
  /** For jobs without a policy of their own. */
  runRetry: z.object({
    maxRetries: z.number().int().min(0).max(20),
    strategy: z.enum(["from_failure", "all"]),
    on: z.enum(["any", "crashes"]),
  }),
  /** A run whose first step has not started so long after an agent got it fails or is tried again. */
  startTimeoutSeconds: z.number().min(10).max(86_400),
};
export const settingsSchema = view("DeploymentSettings", z.object(fields));
export type DeploymentSettings = View<typeof settingsSchema>;

export const settingsProcedures = {
  "settings.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "The limits of the deployment.",
    input: null,
    output: settingsSchema,
  }),
  "settings.update": command({
    scope: "deployment",
    role: "admin",
    summary: "Changes the given limits; the others stay.",
    input: z.object(fields).partial(),
    output: settingsSchema,
    audit: {
      target: () => "",
      before: { ask: "settings.get", input: () => undefined, answer: settingsSchema },
      line: ({ input, before }) => ({ before, after: { ...before, ...input } }),
    },
  }),
};
