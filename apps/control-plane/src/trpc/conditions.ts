/** Procedures about automation conditions, and reports from outside about assets. */
import { answer, procedure, router } from "./init.ts";

export const conditionsRouter = router({
  list: procedure("viewer")
    .input(automationInputs.conditions)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("conditions.list", input))),
  get: procedure("viewer")
    .input(automationInputs.condition)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("conditions.get", input))),
  evaluations: procedure("viewer")
    .input(automationInputs.evaluations)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("conditions.evaluations", input))),
  evaluation: procedure("viewer")
    .input(automationInputs.evaluation)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("conditions.evaluation", input))),
  pauses: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.ask("conditions.pauses", undefined))),
  pause: procedure("editor")
    .input(automationInputs.pause)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("conditions.pause", input, ctx.actor))),
  unpause: procedure("editor")
    .input(automationInputs.unpause)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("conditions.unpause", input, ctx.actor))),
});

/** Part of the router of assets. */
export const assetReports = {
  report: procedure("launcher")
    .input(automationInputs.reportAsset)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("assets.report", input, ctx.actor))),
  reportCheck: procedure("launcher")
    .input(automationInputs.reportCheck)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("assets.reportCheck", input, ctx.actor))),
};
