/** Automation conditions of assets and checks: their evaluations and pauses. */
import { z } from "zod";
import type { EvaluationNode } from "../../domain/automation/tree.ts";
import { conditionSchema } from "../../manifest/automation.ts";
import { assetKeySchema, checkIdSchema } from "../../manifest/names.ts";
import { cursorSchema, idSchema, limitSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { offReasonSchema } from "./automation-views.ts";
import { pageOf, view, type View } from "../view.ts";

const target = z.union([assetKeySchema, checkIdSchema]);
export const pauseScopeSchema = z
  .string()
  .max(900)
  .regex(/^(all|location:.+|asset:.+)$/, "a scope is 'all', 'location:<name>' or 'asset:<key>'");
/** `all`, `location:<name>` or `asset:<key>`. */
export type PauseScope = View<typeof pauseScopeSchema>;

export const pauseViewSchema = view(
  "PauseView",
  z.object({
    scope: z.string(),
    by: z.string(),
    at: z.number(),
    reason: z.string().nullable(),
    /** Null: until a person ends it. */
    until: z.number().nullable(),
  }),
);
export type PauseView = View<typeof pauseViewSchema>;

export const conditionEvaluationSchema = view(
  "ConditionEvaluation",
  z.object({
    id: z.string(),
    /** Asset key or check id. */
    target: z.string(),
    at: z.number(),
    /** How many partitions (1: the asset itself) were requested. */
    requested: z.number(),
    /** A few keys and ranges of a partitioned asset. */
    partitions: z.array(z.string()).nullable(),
    runs: z.array(z.string()),
    backfill: z.string().nullable(),
    /** What was noticed, e.g. "bronze/orders was materialized by run …". */
    cause: z.string(),
    /** Why it could not be evaluated, or its request not be made. */
    error: z.string().nullable(),
  }),
);
export type ConditionEvaluation = View<typeof conditionEvaluationSchema>;

/** Equal in type to the domain's `EvaluationNode`. */
const evaluationNodeSchema: z.ZodType<EvaluationNode> = view(
  "EvaluationNode",
  z.object({
    name: z.string(),
    label: z.string().optional(),
    target: z.string(),
    asked: z.number(),
    count: z.number(),
    partitions: z.array(z.string()).optional(),
    at: z.number().optional(),
    get children() {
      return z.array(evaluationNodeSchema);
    },
  }),
);

export const conditionEvaluationDetailSchema = view(
  "ConditionEvaluationDetail",
  conditionEvaluationSchema.extend({ tree: evaluationNodeSchema.nullable() }),
);
export type ConditionEvaluationDetail = View<typeof conditionEvaluationDetailSchema>;

export const conditionViewSchema = view(
  "ConditionView",
  z.object({
    target: z.string(),
    location: z.string(),
    condition: conditionSchema,
    /** In words. */
    text: z.string(),
    /** Why it is off; null: it is on, though it may be paused. */
    off: offReasonSchema.nullable(),
    paused: pauseViewSchema.nullable(),
    last: conditionEvaluationSchema.nullable(),
    lastRequestedAt: z.number().nullable(),
    /** When the clock alone may change it. */
    nextAt: z.number().nullable(),
  }),
);
export type ConditionView = View<typeof conditionViewSchema>;

const pauses = z.array(pauseViewSchema);

export const conditionProcedures = {
  "conditions.list": query({
    scope: "deployment",
    role: "viewer",
    summary: "Every automation condition with its last evaluation.",
    input: z.object({ cursor: cursorSchema, limit: z.number().int().min(1).max(5000).default(1000) }).default({ limit: 1000 }),
    output: pageOf(conditionViewSchema),
  }),
  "conditions.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "The automation condition of an asset or check.",
    input: z.object({ target }),
    output: conditionViewSchema,
  }),
  "conditions.evaluations": query({
    scope: "deployment",
    role: "viewer",
    summary: "Evaluations of conditions, newest first.",
    input: z.object({
      target: target.optional(),
      requestedOnly: z.boolean().default(false),
      cursor: cursorSchema,
      limit: limitSchema.default(50),
    }),
    output: pageOf(conditionEvaluationSchema),
  }),
  "conditions.evaluation": query({
    scope: "deployment",
    role: "viewer",
    summary: "One evaluation with the result of each part of its condition.",
    input: z.object({ id: idSchema }),
    output: conditionEvaluationDetailSchema,
  }),
  "conditions.pauses": query({
    scope: "deployment",
    role: "viewer",
    summary: "The pauses that hold now.",
    input: null,
    output: pauses,
  }),
  "conditions.pause": command({
    scope: "deployment",
    role: "editor",
    summary: "Pauses conditions in a scope: `all`, `location:<name>` or `asset:<key>`.",
    input: z.object({ scope: pauseScopeSchema, reason: z.string().max(1000).optional(), until: z.number().optional() }),
    output: pauses,
    audit: { target: ({ scope }) => scope },
  }),
  "conditions.unpause": command({
    scope: "deployment",
    role: "editor",
    summary: "Ends the pause of a scope.",
    input: z.object({ scope: pauseScopeSchema }),
    output: pauses,
    audit: { target: ({ scope }) => scope },
  }),
};
