/** What backfills look like. */
import { z } from "zod";
import { view, type View } from "../view.ts";

export const backfillStatusSchema = z.enum(["running", "paused", "canceling", "canceled", "succeeded", "failed"]);
export type BackfillStatus = View<typeof backfillStatusSchema>;

const counts = {
  waiting: z.number(),
  active: z.number(),
  succeeded: z.number(),
  failed: z.number(),
  canceled: z.number(),
  /** Cannot start any more, because something before it failed. */
  blocked: z.number(),
};
export const backfillCountsSchema = view("BackfillCounts", z.object(counts));
export type BackfillCounts = View<typeof backfillCountsSchema>;

export const backfillSummarySchema = view(
  "BackfillSummary",
  z.object({
    id: z.string(),
    title: z.string(),
    status: backfillStatusSchema,
    selection: z.string(),
    assetCount: z.number(),
    /** What was asked for, in words: `2025-01-01...2025-01-30`, `missing of 2025`, `all`. */
    partitions: z.string(),
    /** Runs by state; their sum is the number of runs. */
    runs: backfillCountsSchema,
    maxActive: z.number(),
    createdAt: z.number(),
    createdBy: z.string(),
    endedAt: z.number().nullable(),
    tags: z.record(z.string(), z.string()),
    /** Sentence of the first failure. */
    error: z.string().nullable(),
    /** Why none of its runs is active though it is running. */
    waiting: z.string().nullable(),
  }),
);
export type BackfillSummary = View<typeof backfillSummarySchema>;

export const backfillDetailSchema = view(
  "BackfillDetail",
  z.object({
    backfill: backfillSummarySchema,
    /** In dependency order, by partition. */
    assets: z.array(z.object({ asset: z.string(), total: z.number(), ...counts })),
    /** Failed runs with the same sentence together. */
    failures: z.array(z.object({ message: z.string(), count: z.number(), runs: z.array(z.string()), partitions: z.array(z.string()) })),
    /** Runs ended per minute lately, and when it ends at that rate. */
    perMinute: z.number().nullable(),
    estimatedEndAt: z.number().nullable(),
  }),
);
export type BackfillDetail = View<typeof backfillDetailSchema>;

export const backfillPreviewSchema = view(
  "BackfillPreview",
  z.object({
    assets: z.array(z.object({ asset: z.string(), partitions: z.number(), ranges: z.array(z.string()) })),
    runs: z.number(),
    /** The first runs: what each does and how many must end before it. */
    first: z.array(z.object({ assets: z.array(z.string()), partition: z.string().nullable(), after: z.number() })),
    partitions: z.string(),
    warnings: z.array(z.string()),
  }),
);
export type BackfillPreview = View<typeof backfillPreviewSchema>;
