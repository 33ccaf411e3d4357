/** Runs: launching, canceling, and reading them with their events and raw output. */
import { z } from "zod";
import { RUN_STATUSES } from "../../domain/run/status.ts";
import { assetKeySchema } from "../../manifest/names.ts";
import { cursorSchema, limitSchema, runIdSchema } from "../fields.ts";
import { launchPreviewSchema, launchSchema, launchTargetSchema, reexecuteSchema } from "./launch.ts";
import { command, query } from "../procedure.ts";
import { eventRowSchema, runDetailSchema, runSummarySchema } from "./run-views.ts";
import { pageOf, view, type View } from "../view.ts";

export const runFilterSchema = z.object({
  statuses: z.array(z.enum(RUN_STATUSES)).optional(),
  /** `failed`: runs that failed, or ended well with a failed check; `succeeded`: the others that ended well. Takes the place of `statuses`. */
  outcome: z.enum(["failed", "succeeded"]).optional(),
  job: z.string().optional(),
  asset: assetKeySchema.optional(),
  /** Part of a run id, job, selection or tag value. */
  text: z.string().max(500).optional(),
  createdAfter: z.number().optional(),
  createdBefore: z.number().optional(),
  /** Id of a backfill. */
  backfill: z.string().max(100).optional(),
  /** Runs that a schedule or sensor asked for. */
  automation: z.object({ location: z.string(), kind: z.enum(["schedule", "sensor"]), name: z.string() }).optional(),
});

export const rawLogFileSchema = view(
  "RawLogFile",
  z.object({
    step: z.string(),
    attempt: z.number(),
    stream: z.enum(["stdout", "stderr"]),
    bytes: z.number(),
    complete: z.boolean(),
  }),
);
export type RawLogFile = View<typeof rawLogFileSchema>;

const ofRun = z.object({ run: runIdSchema });

export const runProcedures = {
  "runs.list": query({
    scope: "deployment",
    role: "viewer",
    summary: "Runs, newest first.",
    input: z.object({ filter: runFilterSchema.default({}), cursor: cursorSchema, limit: limitSchema.default(50) }),
    output: pageOf(runSummarySchema),
  }),
  "runs.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "One run with its steps.",
    input: ofRun,
    output: runDetailSchema,
  }),
  "runs.events": query({
    scope: "deployment",
    role: "viewer",
    summary: "Stored events of a run, in order.",
    input: z.object({
      run: runIdSchema,
      /** Events with a greater sequence number. */
      after: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(5000).default(1000),
      step: z.string().optional(),
      types: z.array(z.string()).max(50).optional(),
      minLevel: z.enum(["debug", "info", "warn", "error"]).optional(),
    }),
    output: z.object({ events: z.array(eventRowSchema), lastSeq: z.number(), done: z.boolean() }),
  }),
  "runs.logFiles": query({
    scope: "deployment",
    role: "viewer",
    summary: "The files of raw output that a run has.",
    input: ofRun,
    output: z.array(rawLogFileSchema),
  }),
  "runs.preview": query({
    scope: "deployment",
    role: "viewer",
    summary: "What a launch would do.",
    input: z.object({ target: launchTargetSchema }),
    output: launchPreviewSchema,
  }),
  "runs.launch": command({
    scope: "deployment",
    role: "launcher",
    summary: "Starts a run of a job or a selection. A repeated `requestId` answers with the run of the first call.",
    input: launchSchema,
    output: runSummarySchema,
    audit: { target: ({ target }) => target.location ?? target.job ?? target.selection ?? "" },
  }),
  "runs.reexecute": command({
    scope: "deployment",
    role: "launcher",
    summary: "Starts a run again: all of it, from its failure, or selected steps.",
    input: reexecuteSchema,
    output: runSummarySchema,
    audit: { target: ({ run }) => run },
  }),
  "runs.cancel": command({
    scope: "deployment",
    role: "launcher",
    summary: "Cancels a run.",
    input: z.object({ run: runIdSchema, reason: z.string().max(1000).optional() }),
    output: runSummarySchema,
    audit: { target: ({ run }) => run },
  }),
};
