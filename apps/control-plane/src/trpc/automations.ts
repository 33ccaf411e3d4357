/** Procedures about schedules, sensors and their ticks. */
import { hookSeenBy } from "./hook-address.ts";
import { answer, directoryProcedure, procedure, router } from "./init.ts";

export const automationsRouter = router({
  list: procedure("viewer")
    .input(automationInputs.automationList)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("automations.list", input))),
  get: procedure("viewer")
    .input(automationInputs.automation)
    .query(async ({ ctx, input }) => {
      const detail = await answer(ctx.deployment.ask("automations.get", input));
      return { ...detail, hook: detail.hook && hookSeenBy(ctx.actor.role, detail.hook) };
    }),
  ticks: procedure("viewer")
    .input(automationInputs.ticks)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("automations.ticks", input))),
  tick: procedure("viewer")
    .input(automationInputs.tick)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("automations.tick", input))),
  setEnabled: procedure("editor")
    .input(automationInputs.setAutomation)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("automations.setEnabled", input, ctx.actor))),
  /** Its line in the audit log also says what the cursor was, so that a mistake can be taken back. */
  setCursor: directoryProcedure("editor")
    .input(automationInputs.setCursor)
    .mutation(async ({ ctx, input }) => {
      const { location, kind, name } = input;
      const { cursor: before } = await answer(ctx.deployment.ask("automations.get", { location, kind, name }));
      const view = await answer(ctx.deployment.perform("automations.setCursor", input, ctx.actor));
      ctx.audit({ action: "automations.setCursor", target: `${location}/${kind}/${name}`, after: { ...input, before } });
      return view;
    }),
  tickNow: procedure("launcher")
    .input(automationInputs.tickNow)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("automations.tickNow", input, ctx.actor))),
  test: procedure("launcher")
    .input(automationInputs.testTick)
    .mutation(({ ctx, input }) => answer(ctx.deployment.testTick(input))),
  releaseRunKey: procedure("editor")
    .input(automationInputs.releaseRunKey)
    .mutation(({ ctx, input }) => answer(ctx.deployment.perform("automations.releaseRunKey", input, ctx.actor))),
});
