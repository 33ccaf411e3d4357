/** Backfills: many partitions of a selection as many runs. */
import { z } from "zod";
import { backfillDetailSchema, backfillPreviewSchema, backfillStatusSchema, backfillSummarySchema } from "./backfill-views.ts";
import { cursorSchema, idSchema, limitSchema, partitionTextSchema, prioritySchema, requestIdSchema, tagsSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { pageOf } from "../view.ts";

const within = { first: partitionTextSchema.optional(), last: partitionTextSchema.optional() };

/** Which partitions a backfill takes. Those of a state may be narrowed down by `first` and `last`. */
export const backfillPartitionsSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("all") }),
  z.object({ type: z.literal("range"), first: partitionTextSchema, last: partitionTextSchema }),
  z.object({ type: z.literal("keys"), keys: z.array(partitionTextSchema).min(1).max(10_000) }),
  z.object({ type: z.literal("missing"), ...within }),
  z.object({ type: z.literal("failed"), ...within }),
  z.object({ type: z.literal("missing_or_failed"), ...within }),
  /** Those that are stale, and those that read a partition which this backfill makes again. */
  z.object({ type: z.literal("stale"), ...within }),
]);

export const backfillTargetSchema = z.object({
  selection: z.string().min(1).max(100_000),
  /** Keys are those of the selected assets' first partitioned one; other assets get the partitions that map to them. */
  partitions: backfillPartitionsSchema,
  /** Partitions in one run; null: all that are next to each other. Default: as the assets say, otherwise 1. */
  partitionsPerRun: z.number().int().min(1).max(100_000).nullish(),
});
export type BackfillTarget = z.input<typeof backfillTargetSchema>;

const backfill = z.object({ id: idSchema });

export const backfillProcedures = {
  "backfills.preview": query({
    scope: "deployment",
    role: "viewer",
    summary: "What a backfill would do.",
    input: z.object({ target: backfillTargetSchema }),
    output: backfillPreviewSchema,
  }),
  "backfills.launch": command({
    scope: "deployment",
    role: "launcher",
    summary: "Starts a backfill. A repeated `requestId` answers with the backfill of the first call.",
    input: z.object({
      target: backfillTargetSchema,
      title: z.string().max(300).optional(),
      tags: tagsSchema,
      config: z.unknown().optional(),
      priority: prioritySchema.default(-10),
      /** How many of its runs may be active at the same time. */
      maxActive: z.number().int().min(1).max(1000).default(10),
      requestId: requestIdSchema.optional(),
    }),
    output: backfillSummarySchema,
    audit: { target: ({ target }) => target.selection },
  }),
  "backfills.list": query({
    scope: "deployment",
    role: "viewer",
    summary: "Backfills, newest first.",
    input: z.object({ statuses: z.array(backfillStatusSchema).optional(), cursor: cursorSchema, limit: limitSchema.default(50) }),
    output: pageOf(backfillSummarySchema),
  }),
  "backfills.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "One backfill with its progress by asset and its failures.",
    input: backfill,
    output: backfillDetailSchema,
  }),
  "backfills.pause": command({
    scope: "deployment",
    role: "launcher",
    summary: "Starts no more of its runs until it is resumed.",
    input: backfill,
    output: backfillSummarySchema,
    audit: { target: ({ id }) => id },
  }),
  "backfills.resume": command({
    scope: "deployment",
    role: "launcher",
    summary: "Continues a paused backfill.",
    input: backfill,
    output: backfillSummarySchema,
    audit: { target: ({ id }) => id },
  }),
  "backfills.cancel": command({
    scope: "deployment",
    role: "launcher",
    summary: "Cancels its active runs and starts no more.",
    input: backfill,
    output: backfillSummarySchema,
    audit: { target: ({ id }) => id },
  }),
  "backfills.retry": command({
    scope: "deployment",
    role: "launcher",
    summary: "Starts failed and canceled runs again, and those that they blocked.",
    input: backfill,
    output: backfillSummarySchema,
    audit: { target: ({ id }) => id },
  }),
};
