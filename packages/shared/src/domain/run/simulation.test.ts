import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import type { Plan, PlanStep } from "./plan-types.ts";
import { readySteps, stepsAfter, stepsToSkip } from "./progress.ts";
import { isTerminalRun, isTerminalStep, type RunStatus, type StepStatus } from "./status.ts";
import { runOutcome, transitionRun, transitionStep, type RunTrigger, type StepTrigger } from "./transition.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

function planOf(deps: readonly (readonly number[])[]): Plan {
  const steps = deps.map((own, index): PlanStep => ({
    key: `s${index}`,
    location: "main",
    unit: `s${index}`,
    kind: "asset",
    assets: [`s${index}`],
    checks: [],
    partition: null,
    deps: [...new Set(own.filter((dep) => dep < index))].map((dep) => `s${dep}`),
    retry: { maxRetries: 0 },
    timeoutSeconds: null,
    pool: null,
  }));
  return { steps };
}

/** What an orchestrator does with the pure functions, driven by drawn numbers instead of agents. */
function simulate(
  plan: Plan,
  choices: Iterator<number>,
  cancelAt: number,
): { run: RunStatus; steps: Map<string, StepStatus>; succeeded: string[] } {
  const after = stepsAfter(plan);
  const steps = new Map<string, StepStatus>(plan.steps.map((step) => [step.key, "pending"]));
  const statusOf = (key: string): StepStatus => steps.get(key) ?? "pending";
  const succeeded: string[] = [];
  // An object, because the compiler does not follow what the inner functions assign.
  const state: { run: RunStatus } = { run: "queued" };
  const runEvent = (trigger: RunTrigger) => {
    const next = transitionRun(state.run, trigger);
    if (next.ok) state.run = next.status;
  };
  const stepEvent = (key: string, trigger: StepTrigger) => {
    const next = transitionStep(statusOf(key), trigger);
    if (!next.ok) return;
    steps.set(key, next.status);
    if (next.status === "running") runEvent("first_step_started");
    if (next.status === "succeeded") succeeded.push(key);
    if (next.status === "failed" || next.status === "canceled")
      for (const below of stepsToSkip(after, key, statusOf)) stepEvent(below, "skip");
  };
  runEvent("start");
  for (let turn = 0; turn < 2000 && !isTerminalRun(state.run); turn++) {
    if (turn === cancelAt) runEvent("cancel");
    const choice = choices.next().value;
    const open = plan.steps.map((step) => step.key).filter((key) => !isTerminalStep(statusOf(key)));
    if (state.run === "canceling") for (const key of open) stepEvent(key, "canceled");
    for (const key of readySteps(plan, statusOf)) if (state.run !== "canceling") stepEvent(key, "assign");
    const key = open[choice % Math.max(1, open.length)];
    const triggers = [
      "started",
      "succeeded",
      "failed_retry",
      "failed_final",
      "lost_retry",
      "lost_final",
      "retry_due",
      "released",
      "started",
      "succeeded",
    ] as const;
    if (key !== undefined) stepEvent(key, triggers[choice % triggers.length] ?? "started");
    const outcome = runOutcome(steps.values());
    if (outcome !== null) runEvent(`steps_${outcome}`);
  }
  return { run: state.run, steps, succeeded };
}

describe("a run of random events", () => {
  it("a run ends with each step ended once and in order", () => {
    const graph = fc.array(fc.uniqueArray(fc.nat(12), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat(1000)), fc.nat(60), (deps, choices, cancelAt) => {
        const plan = planOf(deps);
        const { run, steps, succeeded } = simulate(plan, choices, cancelAt);
        expect(isTerminalRun(run)).toBe(true);
        expect([...steps.values()].every(isTerminalStep)).toBe(true);
        expect(new Set(succeeded).size).toBe(succeeded.length);
        const order = new Map(succeeded.map((key, position) => [key, position]));
        for (const step of plan.steps) {
          const own = order.get(step.key);
          if (own !== undefined) for (const dep of step.deps) expect(order.get(dep)).toBeLessThan(own);
        }
        if (run === "succeeded") expect(succeeded).toHaveLength(plan.steps.length);
      }),
      { seed: 61, numRuns: propertyRuns(300) },
    );
  });
});
