/** Procedures about the webhooks of sensors. The address itself is `POST /hooks/:id`, see `http/hooks.ts`. */
import { automationInputs } from "@headgate/shared/api/automation-inputs.ts";
import { hookSeenBy } from "./hook-address.ts";
import { answer, procedure, router } from "./init.ts";

export const webhooksRouter = router({
  get: procedure("viewer")
    .input(automationInputs.hook)
    .query(async ({ ctx, input }) => hookSeenBy(ctx.actor.role, await answer(ctx.deployment.ask("hook", input)))),
  deliveries: procedure("viewer")
    .input(automationInputs.deliveries)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("deliveries", input))),
  delivery: procedure("viewer")
    .input(automationInputs.delivery)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("delivery", input))),
  setEnabled: procedure("editor")
    .input(automationInputs.setHook)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("setHook", input, ctx.actor))),
  replay: procedure("editor")
    .input(automationInputs.delivery)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("replayDelivery", input, ctx.actor))),
  rotateSecret: procedure("admin")
    .input(automationInputs.hook)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("rotateHookSecret", input, ctx.actor))),
  revokeSecret: procedure("admin")
    .input(automationInputs.revokeHookSecret)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("revokeHookSecret", input, ctx.actor))),
});
