/** Procedures about the webhooks of sensors. The address itself is `POST /hooks/:id`, see `http/hooks.ts`. */
import { hookSeenBy } from "./hook-address.ts";
import { answer, procedure, router } from "./init.ts";

export const webhooksRouter = router({
  get: procedure("viewer")
    .input(automationInputs.hook)
    .query(async ({ ctx, input }) => hookSeenBy(ctx.actor.role, await answer(ctx.deployment.ask("webhooks.get", input)))),
  deliveries: procedure("viewer")
    .input(automationInputs.deliveries)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("webhooks.deliveries", input))),
  delivery: procedure("viewer")
    .input(automationInputs.delivery)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("webhooks.delivery", input))),
  setEnabled: procedure("editor")
    .input(automationInputs.setHook)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("webhooks.setEnabled", input, ctx.actor))),
  replay: procedure("editor")
    .input(automationInputs.delivery)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("webhooks.replay", input, ctx.actor))),
  rotateSecret: procedure("admin")
    .input(automationInputs.hook)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("webhooks.rotateSecret", input, ctx.actor))),
  revokeSecret: procedure("admin")
    .input(automationInputs.revokeHookSecret)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("webhooks.revokeSecret", input, ctx.actor))),
});
