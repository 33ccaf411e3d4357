/** Tries a tick out: asks an agent where user code decides, and waits for its answer. */
import type { z } from "zod";
import type { automationInputs } from "@headgate/shared/api/automation-inputs.ts";
import type { TickTrial } from "@headgate/shared/api/automation-views.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { judgeTrial, planTrial } from "./plan-dry-run.ts";
import type { Engine } from "../engine.ts";

export async function tryTick(engine: Engine, input: z.output<typeof automationInputs.testTick>): Promise<Result<TickTrial>> {
  const plan = engine.commit((tx) => planTrial(tx, input));
  if (!plan.ok) return plan;
  const result = plan.value.type === "asked" ? await engine.trials.wait(plan.value) : plan.value.result;
  return ok(engine.dryRun((tx) => judgeTrial(tx, input, result)));
}
