/** All procedures. The table of names, inputs and roles is this file; the logic is in the deployment's commands and queries. */
import { launchSchema, reexecuteSchema } from "@headgate/shared/contract/runs/launch.ts";
import { automationsRouter } from "./automations.ts";
import { backfillsRouter } from "./backfills.ts";
import { assetReports, conditionsRouter } from "./conditions.ts";
import { answer, directoryProcedure, procedure, router } from "./init.ts";
import { queueRouter, settingsRouter, timelineRouter } from "./queue.ts";
import { webhooksRouter } from "./webhooks.ts";
import { partitionsRouter } from "./partitions.ts";

export const appRouter = router({
  home: router({
    get: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.home())),
  }),
  definitions: router({
    hash: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.definitionsHash())),
  }),
  assets: router({
    ...assetReports,
    states: procedure("viewer")
      .input(inputs.assetStates)
      .query(({ ctx, input }) => answer(ctx.deployment.assetStates(input))),
    get: procedure("viewer")
      .input(inputs.asset)
      .query(({ ctx, input }) => answer(ctx.deployment.asset(input))),
    events: procedure("viewer")
      .input(inputs.assetEvents)
      .query(({ ctx, input }) => answer(ctx.deployment.assetEvents(input))),
    checks: procedure("viewer")
      .input(inputs.asset)
      .query(({ ctx, input }) => answer(ctx.deployment.assetChecks(input))),
    checkHistory: procedure("viewer")
      .input(inputs.assetCheckHistory)
      .query(({ ctx, input }) => answer(ctx.deployment.assetCheckHistory(input))),
    series: procedure("viewer")
      .input(inputs.assetSeries)
      .query(({ ctx, input }) => answer(ctx.deployment.assetSeries(input))),
    partitions: procedure("viewer")
      .input(inputs.assetPartitions)
      .query(({ ctx, input }) => answer(ctx.deployment.assetPartitions(input))),
  }),
  runs: router({
    list: procedure("viewer")
      .input(inputs.runList)
      .query(({ ctx, input }) => answer(ctx.deployment.runs(input))),
    get: procedure("viewer")
      .input(inputs.runId)
      .query(({ ctx, input }) => answer(ctx.deployment.run(input))),
    events: procedure("viewer")
      .input(inputs.runEvents)
      .query(({ ctx, input }) => answer(ctx.deployment.runEvents(input))),
    logFiles: procedure("viewer")
      .input(inputs.runId)
      .query(({ ctx, input }) => answer(ctx.deployment.runLogFiles(input))),
    preview: procedure("viewer")
      .input(inputs.preview)
      .query(({ ctx, input }) => answer(ctx.deployment.previewLaunch(input))),
    launch: procedure("launcher")
      .input(launchSchema)
      .mutation(({ ctx, input }) => answer(ctx.deployment.launch(input, ctx.actor))),
    reexecute: procedure("launcher")
      .input(reexecuteSchema)
      .mutation(({ ctx, input }) => answer(ctx.deployment.reexecute(input, ctx.actor))),
    cancel: procedure("launcher")
      .input(inputs.cancel)
      .mutation(({ ctx, input }) => answer(ctx.deployment.cancel(input, ctx.actor))),
  }),
  automations: automationsRouter,
  partitions: partitionsRouter,
  backfills: backfillsRouter,
  conditions: conditionsRouter,
  locations: router({
    list: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.locations())),
    versions: procedure("viewer")
      .input(inputs.versions)
      .query(({ ctx, input }) => answer(ctx.deployment.versions(input))),
    activate: procedure("editor")
      .input(inputs.activate)
      .mutation(({ ctx, input }) => answer(ctx.activate(input))),
  }),
  agents: router({
    list: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.agents())),
  }),
  tokens: router({
    list: directoryProcedure("admin").query(({ ctx }) => ctx.tokens.list()),
    create: directoryProcedure("admin")
      .input(inputs.createToken)
      .mutation(({ ctx, input }) => ctx.tokens.create(input)),
    revoke: directoryProcedure("admin")
      .input(inputs.revokeToken)
      .mutation(({ ctx, input }) => ctx.tokens.revoke(input.id)),
  }),
  webhooks: webhooksRouter,
  queue: queueRouter,
  settings: settingsRouter,
  timeline: timelineRouter,
});

export type AppRouter = typeof appRouter;
