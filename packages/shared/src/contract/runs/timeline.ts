/** Runs and ticks of a span of time, past and coming. */
import { z } from "zod";
import { RUN_STATUSES } from "../../domain/run/status.ts";
import { query } from "../procedure.ts";
import { runCauseSchema } from "./run-views.ts";
import { view, type View } from "../view.ts";

export const timelineRunSchema = view(
  "TimelineRun",
  z.object({
    id: z.string(),
    status: z.enum(RUN_STATUSES),
    /** Row: job name, or the selection of a run without a job. */
    title: z.string(),
    trigger: runCauseSchema,
    createdAt: z.number(),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    error: z.string().nullable(),
  }),
);
export type TimelineRun = View<typeof timelineRunSchema>;

export const timelineViewSchema = view(
  "TimelineView",
  z.object({
    from: z.number(),
    to: z.number(),
    now: z.number(),
    runs: z.array(timelineRunSchema),
    /** More runs than are listed. */
    more: z.number(),
    ticks: z.array(z.object({ location: z.string(), schedule: z.string(), job: z.string(), at: z.number(), timezone: z.string() })),
    /** Schedules that tick more often in this time than is listed. */
    shortened: z.array(z.object({ location: z.string(), schedule: z.string() })),
  }),
);
export type TimelineView = View<typeof timelineViewSchema>;

export const timelineProcedures = {
  "timeline.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "Runs and coming ticks between two times.",
    input: z.object({ from: z.number(), to: z.number(), limit: z.number().int().min(1).max(5000).default(1000) }),
    output: timelineViewSchema,
  }),
};
