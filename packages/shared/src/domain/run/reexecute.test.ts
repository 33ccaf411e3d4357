import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import type { Plan, PlanStep } from "./plan-types.ts";
import { readySteps, stepsAfter, stepsToSkip } from "./progress.ts";
import { reexecutionScope, type PastRun } from "./reexecute.ts";
import type { StepStatus } from "./status.ts";

function step(key: string, extra: Partial<PlanStep> = {}): PlanStep {
  return {
    key,
    location: "main",
    unit: key,
    kind: "asset",
    assets: [key],
    checks: [],
    partition: null,
    deps: [],
    retry: { maxRetries: 0 },
    timeoutSeconds: null,
    pool: null,
    ...extra,
  };
}

const plan: Plan = {
  steps: [
    step("raw"),
    step("dbt:p", { kind: "dbt", assets: ["m1", "m2", "m3"], checks: ["m1:unique", "m2:not_null"], deps: ["raw"] }),
    step("gold", { deps: ["dbt:p"] }),
    step("report", { deps: ["gold"] }),
    step("other", { deps: ["raw"] }),
  ],
};

const statuses: Record<string, StepStatus> = {
  raw: "succeeded",
  "dbt:p": "failed",
  gold: "skipped",
  report: "skipped",
  other: "succeeded",
};
const run: PastRun = {
  plan,
  statusOf: (key) => statuses[key] ?? "pending",
  materialized: new Set(["raw", "m1", "other"]),
  passedChecks: new Set(["m1:unique"]),
};

describe("reexecutionScope", () => {
  it("a re-execution from failure does only what is missing", () => {
    expect(unwrap(reexecutionScope(run, { mode: "from_failure" }))).toEqual({
      assets: ["m2", "m3", "gold", "report"],
      checks: ["m2:not_null"],
    });
  });

  it("from failure repeats a check that did not pass without its asset", () => {
    const again = reexecutionScope(
      { ...run, materialized: new Set(["raw", "m1", "m2", "m3", "gold", "report", "other"]) },
      { mode: "from_failure" },
    );
    expect(unwrap(again)).toEqual({ assets: [], checks: ["m2:not_null"] });
  });

  it("a step that failed after its last asset is repeated whole", () => {
    const all: PastRun = { ...run, plan: { steps: [step("a")] }, statusOf: () => "failed", materialized: new Set(["a"]) };
    expect(unwrap(reexecutionScope(all, { mode: "from_failure" }))).toEqual({ assets: ["a"], checks: [] });
  });

  it("refuses to start from a failure that did not happen", () => {
    expect(reexecutionScope({ ...run, statusOf: () => "succeeded" }, { mode: "from_failure" })).toMatchObject({ ok: false });
  });

  it("all steps can be repeated, or some with or without their followers", () => {
    expect(unwrap(reexecutionScope(run, { mode: "all" })).assets).toEqual(["raw", "m1", "m2", "m3", "gold", "report", "other"]);
    expect(unwrap(reexecutionScope(run, { mode: "steps", steps: ["gold"], downstream: false })).assets).toEqual(["gold"]);
    expect(unwrap(reexecutionScope(run, { mode: "steps", steps: ["gold"], downstream: true })).assets).toEqual(["gold", "report"]);
    expect(reexecutionScope(run, { mode: "steps", steps: ["nope"], downstream: true })).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
  });
});

describe("progress of a plan", () => {
  const states = (known: Record<string, StepStatus>) => (key: string) => known[key] ?? "pending";

  it("starts what has everything it needs", () => {
    expect(readySteps(plan, states({}))).toEqual(["raw"]);
    expect(readySteps(plan, states({ raw: "succeeded" }))).toEqual(["dbt:p", "other"]);
    expect(readySteps(plan, states({ raw: "succeeded", "dbt:p": "running", other: "up_for_retry" }))).toEqual([]);
  });

  it("skips everything below a failure, and no sibling", () => {
    expect(stepsToSkip(stepsAfter(plan), "dbt:p", states({ raw: "succeeded", "dbt:p": "failed" })).toSorted()).toEqual(["gold", "report"]);
  });
});
