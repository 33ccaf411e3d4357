/** Procedures about backfills. */
import { answer, procedure, router } from "./init.ts";

export const backfillsRouter = router({
  preview: procedure("viewer")
    .input(automationInputs.previewBackfill)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("backfills.preview", input))),
  launch: procedure("launcher")
    .input(automationInputs.launchBackfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("backfills.launch", input, ctx.actor))),
  list: procedure("viewer")
    .input(automationInputs.backfillList)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("backfills.list", input))),
  get: procedure("viewer")
    .input(automationInputs.backfill)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("backfills.get", input))),
  pause: procedure("launcher")
    .input(automationInputs.backfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("backfills.pause", input, ctx.actor))),
  resume: procedure("launcher")
    .input(automationInputs.backfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("backfills.resume", input, ctx.actor))),
  cancel: procedure("launcher")
    .input(automationInputs.backfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("backfills.cancel", input, ctx.actor))),
  retry: procedure("launcher")
    .input(automationInputs.backfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("backfills.retry", input, ctx.actor))),
});
