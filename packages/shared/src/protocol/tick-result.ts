/** What an evaluation of a schedule or sensor asks for; stored together or not at all. */
import { z } from "zod";
import { metadataSchema } from "../manifest/metadata.ts";

export const runRequestSchema = z.object({
  runKey: z.string().max(500).optional(),
  job: z.string().optional(),
  selection: z.string().optional(),
  /** A key, or `first...last` for one run over a range. */
  partition: z.string().optional(),
  tags: z.record(z.string(), z.string()).default({}),
  config: z.unknown().optional(),
  /** Only the checks of the selection. */
  checksOnly: z.boolean().optional(),
  priority: z.number().int().min(-1000).max(1000).optional(),
});

const effects = {
  cursor: z.string().max(200_000).nullable(),
  runs: z.array(runRequestSchema),
  /** Keys to add to and remove from dynamic partition sets, before the runs are made. */
  dynamicPartitions: z
    .array(z.object({ name: z.string().max(200), add: z.array(z.string()).default([]), remove: z.array(z.string()).default([]) }))
    .optional(),
  /** What the sensor learned about external assets. */
  assetEvents: z
    .array(
      z.object({
        type: z.enum(["materialized", "observed"]),
        asset: z.string(),
        partition: z.string().optional(),
        metadata: metadataSchema.default({}),
        dataVersion: z.string().optional(),
      }),
    )
    .optional(),
};
const logs = z.array(z.object({ level: z.string(), message: z.string(), at: z.number() })).default([]);

/** A checkpoint inside a long tick: what was asked for since the last one. `part` counts from 1. */
export const tickPartSchema = z.object({ part: z.number().int().min(1), ...effects });
export type TickPart = z.infer<typeof tickPartSchema>;

export const tickResultSchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("evaluated"), ...effects, skipReason: z.string().optional(), logs }),
  z.object({ outcome: z.literal("failed"), message: z.string(), stack: z.string().optional(), logs: logs.optional() }),
]);
export type TickResult = z.infer<typeof tickResultSchema>;
