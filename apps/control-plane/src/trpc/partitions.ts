/** Procedures about the partitions of assets and the keys of dynamic sets. */
import { automationInputs } from "@headgate/shared/api/automation-inputs.ts";
import { answer, procedure, router } from "./init.ts";

export const partitionsRouter = router({
  map: procedure("viewer")
    .input(automationInputs.partitionMap)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("partitionMap", input))),
  sets: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.ask("dynamicSets", undefined))),
  keys: procedure("viewer")
    .input(automationInputs.dynamicKeys)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("dynamicKeys", input))),
  addKeys: procedure("editor")
    .input(automationInputs.addDynamicKeys)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("addDynamicKeys", input, ctx.actor))),
  removeKeys: procedure("editor")
    .input(automationInputs.removeDynamicKeys)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("removeDynamicKeys", input, ctx.actor))),
});
