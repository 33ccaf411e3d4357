/** What a launch takes and what it would do. */
import { z } from "zod";
import { prioritySchema, requestIdSchema, runIdSchema, tagsSchema } from "../fields.ts";
import { view, type View } from "../view.ts";

/** Exactly one of `job` and `selection`. */
export const launchTargetSchema = z
  .object({
    job: z.string().max(200).optional(),
    /** Needed when two locations define a job of that name. */
    location: z.string().max(200).optional(),
    selection: z.string().max(100_000).optional(),
    /** Partition of the partitioned assets, or `first...last` for one run over a range; without it the latest one is taken. */
    partition: z.string().max(2000).optional(),
    /** Run only the checks of the selection. */
    checksOnly: z.boolean().default(false),
  })
  .refine((value) => (value.job === undefined) !== (value.selection === undefined), {
    message: "give either a job or a selection, not both and not neither",
  });
export type LaunchTarget = z.input<typeof launchTargetSchema>;

/** What a launch may give a run besides its target. The run keeps each in the column of the same name, and a run that repeats it gets the same. */
export const givenSchema = z.object({
  config: z.unknown().optional(),
  tags: tagsSchema,
  /** Higher starts earlier. Default: that of the job, otherwise 0. */
  priority: prioritySchema.optional(),
});
export const GIVEN = givenSchema.keyof().options;

export const launchSchema = z.object({
  target: launchTargetSchema,
  ...givenSchema.shape,
  requestId: requestIdSchema.optional(),
});
export type LaunchInput = z.input<typeof launchSchema>;

export const reexecuteSchema = z.object({
  run: runIdSchema,
  mode: z.enum(["all", "from_failure", "selected"]),
  steps: z.array(z.string()).max(10_000).optional(),
  requestId: requestIdSchema.optional(),
});

export const launchPreviewSchema = view(
  "LaunchPreview",
  z.object({
    selection: z.string(),
    assets: z.array(z.object({ key: z.string(), partition: z.string().nullable() })),
    steps: z.number(),
    checks: z.number(),
    partition: z.object({ key: z.string(), chosen: z.enum(["given", "latest"]) }).nullable(),
    partitioned: z.array(z.string()),
    /** Selected external assets, which nothing here can materialize. */
    external: z.array(z.string()),
    warnings: z.array(z.string()),
  }),
);
export type LaunchPreview = View<typeof launchPreviewSchema>;
