/** Procedures about the queue, its limits, and past and coming times. */
import { answer, procedure, router } from "./init.ts";

export const queueRouter = router({
  get: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.ask("queue.get", undefined))),
});

export const settingsRouter = router({
  get: procedure("viewer").query(({ ctx }) => answer(ctx.deployment.ask("settings.get", undefined))),
  update: procedure("admin")
    .input(automationInputs.settings)
    .mutation(async ({ ctx, input }) => {
      const before = await answer(ctx.deployment.ask("settings.get", undefined));
      const after = await answer(ctx.deployment.perform("settings.update", input, ctx.actor));
      ctx.noteChange({ before, after });
      return after;
    }),
});

export const timelineRouter = router({
  get: procedure("viewer")
    .input(automationInputs.timeline)
    .query(({ ctx, input }) => answer(ctx.deployment.ask("timeline.get", input))),
});
