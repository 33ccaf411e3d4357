/** Procedures about automation conditions, and reports from outside about assets. */
import { automationInputs } from "@headgate/shared/api/automation-inputs.ts";
import { answer, procedure, router } from "./init.ts";

export const conditionsRouter = router({
  list: procedure("viewer")
    .input(automationInputs.conditions)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("conditions", input))),
  get: procedure("viewer")
    .input(automationInputs.condition)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("condition", input))),
  evaluations: procedure("viewer")
    .input(automationInputs.evaluations)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("evaluations", input))),
  evaluation: procedure("viewer")
    .input(automationInputs.evaluation)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("evaluation", input))),
  pauses: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.ask("pauses", undefined))),
  pause: procedure("editor")
    .input(automationInputs.pause)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("pause", input, ctx.actor))),
  unpause: procedure("editor")
    .input(automationInputs.unpause)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("unpause", input, ctx.actor))),
});

/** Part of the router of assets. */
export const assetReports = {
  report: procedure("launcher")
    .input(automationInputs.reportAsset)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("reportAsset", input, ctx.actor))),
  reportCheck: procedure("launcher")
    .input(automationInputs.reportCheck)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("reportCheck", input, ctx.actor))),
};
