/** Procedures about backfills. */
import { automationInputs } from "@headgate/shared/api/automation-inputs.ts";
import { answer, procedure, router } from "./init.ts";

export const backfillsRouter = router({
  preview: procedure("viewer")
    .input(automationInputs.previewBackfill)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("previewBackfill", input))),
  launch: procedure("launcher")
    .input(automationInputs.launchBackfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("launchBackfill", input, ctx.actor))),
  list: procedure("viewer")
    .input(automationInputs.backfillList)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("backfillList", input))),
  get: procedure("viewer")
    .input(automationInputs.backfill)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("backfill", input))),
  pause: procedure("launcher")
    .input(automationInputs.backfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("pauseBackfill", input, ctx.actor))),
  resume: procedure("launcher")
    .input(automationInputs.backfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("resumeBackfill", input, ctx.actor))),
  cancel: procedure("launcher")
    .input(automationInputs.backfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("cancelBackfill", input, ctx.actor))),
  retry: procedure("launcher")
    .input(automationInputs.backfill)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("retryBackfill", input, ctx.actor))),
});
