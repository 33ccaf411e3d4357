/** The first page: what needs attention, what runs, what comes next. */
import { z } from "zod";
import { query } from "./procedure.ts";
import { runSummarySchema } from "./runs/run-views.ts";
import { view, type View } from "./view.ts";

export const problemSchema = view(
  "Problem",
  z.object({
    kind: z.enum([
      "asset_failed",
      "partitions_failed",
      "check_failed",
      "check_warned",
      "asset_overdue",
      "automation_failing",
      "backfill_failed",
      "location_unavailable",
      "no_agent",
      "run_failed",
    ]),
    /** Route target: asset key, `<asset>:<check>`, `<location>/<kind>/<name>` of an automation, backfill id, location name or run id. */
    subject: z.string(),
    title: z.string(),
    /** The sentence of the failure. */
    message: z.string(),
    /** When it first went wrong, without a success since then. */
    since: z.number(),
    /** How often it went wrong since then. */
    times: z.number(),
    run: z.string().nullable(),
  }),
);
export type Problem = View<typeof problemSchema>;

export const homeViewSchema = view(
  "HomeView",
  z.object({
    problems: z.array(problemSchema),
    runs: z.object({ running: z.array(runSummarySchema), recent: z.array(runSummarySchema) }),
    counts: z.object({ assets: z.number(), healthy: z.number(), warning: z.number(), failed: z.number(), never: z.number() }),
    lastRunAt: z.number().nullable(),
    agentsConnected: z.number(),
    nextTicks: z.array(z.object({ schedule: z.string(), location: z.string(), job: z.string(), at: z.number(), timezone: z.string() })),
  }),
);
export type HomeView = View<typeof homeViewSchema>;

export const homeProcedures = {
  "home.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "Everything on the first page: problems, runs, counts and the next ticks.",
    input: null,
    output: homeViewSchema,
  }),
};
