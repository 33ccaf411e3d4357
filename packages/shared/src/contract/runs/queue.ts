/** The queue: which runs wait, for what, and what the pools and tags have free. */
import { z } from "zod";
import { query } from "../procedure.ts";
import { runSummarySchema } from "./run-views.ts";
import { settingsSchema } from "./settings.ts";
import { view, type View } from "../view.ts";

export const poolViewSchema = view(
  "PoolView",
  z.object({
    name: z.string(),
    /** Null: no limit. */
    limit: z.number().nullable(),
    source: z.enum(["settings", "code", "default"]),
    used: z.number(),
    holders: z.array(z.object({ run: z.string(), step: z.string(), since: z.number().nullable() })),
    /** Steps that wait for it. */
    waiting: z.number(),
  }),
);
export type PoolView = View<typeof poolViewSchema>;

export const queueViewSchema = view(
  "QueueView",
  z.object({
    settings: settingsSchema,
    activeRuns: z.number(),
    /** In the order in which they will start, each with what it waits for. */
    queued: z.array(runSummarySchema),
    queuedTotal: z.number(),
    pools: z.array(poolViewSchema),
    tags: z.array(z.object({ tag: z.string(), used: z.number(), limit: z.number(), waiting: z.number() })),
    agents: z.object({ connected: z.number(), slots: z.number(), busy: z.number() }),
  }),
);
export type QueueView = View<typeof queueViewSchema>;

export const queueProcedures = {
  "queue.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "Waiting runs, pools, tag limits and agents.",
    input: null,
    output: queueViewSchema,
  }),
};
