/** Procedures about the partitions of assets and the keys of dynamic sets. */
import { answer, procedure, router } from "./init.ts";

export const partitionsRouter = router({
  map: procedure("viewer")
    .input(automationInputs.partitionMap)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("partitions.map", input))),
  sets: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.ask("partitions.sets", undefined))),
  keys: procedure("viewer")
    .input(automationInputs.dynamicKeys)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("partitions.keys", input))),
  addKeys: procedure("editor")
    .input(automationInputs.addDynamicKeys)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("partitions.addKeys", input, ctx.actor))),
  removeKeys: procedure("editor")
    .input(automationInputs.removeDynamicKeys)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("partitions.removeKeys", input, ctx.actor))),
});
