/** Finds the steps that may start now and those that no longer can, from a plan and the states of its steps, after each event. */
import type { Plan } from "./plan-types.ts";
import type { StepStatus } from "./status.ts";

/** Step key -> keys of the steps that wait for it. Made once a run and kept: the other questions then cost only the neighbours. */
export function stepsAfter(plan: Plan): ReadonlyMap<string, readonly string[]> {
  const after = new Map<string, string[]>(plan.steps.map((step) => [step.key, []]));
  for (const step of plan.steps) for (const dep of step.deps) after.get(dep)?.push(step.key);
  return after;
}

/** Pending steps whose dependencies have all succeeded, in plan order. */
export function readySteps(plan: Plan, statusOf: (key: string) => StepStatus): string[] {
  return plan.steps
    .filter((step) => statusOf(step.key) === "pending" && step.deps.every((dep) => statusOf(dep) === "succeeded"))
    .map((step) => step.key);
}

/** Everything below a step that ended without success and has not started: these are skipped. Siblings go on. */
export function stepsToSkip(after: ReadonlyMap<string, readonly string[]>, ended: string, statusOf: (key: string) => StepStatus): string[] {
  const found = new Set<string>();
  const queue = [...(after.get(ended) ?? [])];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (found.has(key) || statusOf(key) !== "pending") continue;
    found.add(key);
    queue.push(...(after.get(key) ?? []));
  }
  return [...found];
}
