/** Finds what the re-execution of a run does again: assets and checks, to be planned anew against the current definitions. */
import { assertNever } from "../assert.ts";
import { ok, refuse, type Result } from "../errors.ts";
import { parseCheckId } from "../asset-check.ts";
import type { Plan, PlanStep } from "./plan-types.ts";
import { stepsAfter } from "./progress.ts";
import type { StepStatus } from "./status.ts";

export type Reexecution =
  | { readonly mode: "all" }
  /** What failed, was skipped or was canceled; nothing that succeeded inside a failed step. */
  | { readonly mode: "from_failure" }
  | { readonly mode: "steps"; readonly steps: readonly string[]; readonly downstream: boolean };

export interface PastRun {
  readonly plan: Plan;
  readonly statusOf: (step: string) => StepStatus;
  /** Assets that the run materialized. */
  readonly materialized: ReadonlySet<string>;
  /** Checks that the run evaluated and that passed, as `<asset key>:<check name>`. */
  readonly passedChecks: ReadonlySet<string>;
}

export interface ReexecutionScope {
  readonly assets: readonly string[];
  readonly checks: readonly string[];
}

export function reexecutionScope(run: PastRun, request: Reexecution): Result<ReexecutionScope> {
  switch (request.mode) {
    case "all":
      return ok(scopeOf(run.plan.steps));
    case "from_failure":
      return fromFailure(run);
    case "steps":
      return fromSteps(run, request);
    default:
      return assertNever(request);
  }
}

function fromFailure(run: PastRun): Result<ReexecutionScope> {
  const unfinished = run.plan.steps.filter((step) => run.statusOf(step.key) !== "succeeded");
  if (unfinished.length === 0)
    return refuse("invalid_input", "Every step of this run succeeded, so there is no failure to start from. Re-execute all of it instead.");
  const all = scopeOf(unfinished);
  const assets = all.assets.filter((key) => !run.materialized.has(key));
  const again = new Set(assets);
  const checks = all.checks.filter((id) => !run.passedChecks.has(id) || again.has(parseCheckId(id)?.asset ?? ""));
  // A step may fail after its last asset, e.g. while the process ends; then all of the step is the smallest honest answer.
  return ok(assets.length === 0 && checks.length === 0 ? all : { assets, checks });
}

function fromSteps(run: PastRun, request: { readonly steps: readonly string[]; readonly downstream: boolean }): Result<ReexecutionScope> {
  const known = new Set(run.plan.steps.map((step) => step.key));
  const unknown = request.steps.find((key) => !known.has(key));
  if (unknown !== undefined) return refuse("not_found", `This run has no step "${unknown}".`, { step: unknown });
  const chosen = new Set(request.steps);
  if (request.downstream) {
    const after = stepsAfter(run.plan);
    for (const key of chosen) for (const next of after.get(key) ?? []) chosen.add(next);
  }
  if (chosen.size === 0) return refuse("invalid_input", "No step was selected. Select at least one.");
  return ok(scopeOf(run.plan.steps.filter((step) => chosen.has(step.key))));
}

function scopeOf(steps: readonly PlanStep[]): ReexecutionScope {
  return { assets: [...new Set(steps.flatMap((step) => step.assets))], checks: [...new Set(steps.flatMap((step) => step.checks))] };
}
