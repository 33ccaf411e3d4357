import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { isTerminalRun, isTerminalStep, RUN_STATUSES, STEP_STATUSES, type RunStatus, type StepStatus } from "./status.ts";
import { RUN_TABLE, STEP_TABLE } from "./transition-table.test-support.ts";
import { RUN_TRIGGERS, runOutcome, STEP_TRIGGERS, transitionRun, transitionStep } from "./transition.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

describe("transitionRun", () => {
  for (const status of RUN_STATUSES) {
    for (const trigger of RUN_TRIGGERS) {
      const expected = RUN_TABLE[status][trigger];
      it(`${expected ? `leads from ${status} to ${expected}` : `refuses ${status}`} on ${trigger}`, () => {
        const result = transitionRun(status, trigger);
        expect(result.ok ? result.status : null).toBe(expected);
        if (!result.ok) expect(result.reason).not.toBe("");
      });
    }
  }

  it("an end state is always reachable and never left", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...RUN_TRIGGERS), { maxLength: 30 }), (triggers) => {
        let status: RunStatus = "queued";
        for (const trigger of triggers) {
          const result = transitionRun(status, trigger);
          if (isTerminalRun(status)) expect(result.ok).toBe(false);
          if (result.ok) status = result.status;
        }
        if (!isTerminalRun(status)) {
          const result = transitionRun(status, "fail");
          expect(result.ok && isTerminalRun(result.status)).toBe(true);
        }
      }),
      { seed: 11, numRuns: propertyRuns(500) },
    );
  });
});

describe("transitionStep", () => {
  for (const status of STEP_STATUSES) {
    for (const trigger of STEP_TRIGGERS) {
      const expected = STEP_TABLE[status][trigger];
      it(`${expected ? `leads from ${status} to ${expected}` : `refuses ${status}`} on ${trigger}`, () => {
        const result = transitionStep(status, trigger);
        expect(result.ok ? result.status : null).toBe(expected);
        if (!result.ok) expect(result.reason).not.toBe("");
      });
    }
  }

  it("records at most one success, and never leaves an end state", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEP_TRIGGERS), { maxLength: 40 }), (triggers) => {
        let status: StepStatus = "pending";
        let successes = 0;
        for (const trigger of triggers) {
          const result = transitionStep(status, trigger);
          if (isTerminalStep(status)) expect(result.ok).toBe(false);
          if (!result.ok) continue;
          status = result.status;
          if (status === "succeeded") successes++;
        }
        expect(successes).toBeLessThanOrEqual(1);
      }),
      { seed: 12, numRuns: propertyRuns(500) },
    );
  });
});

describe("a refusal says why", () => {
  const reasonOf = (result: ReturnType<typeof transitionRun> | ReturnType<typeof transitionStep>) => (result.ok ? "" : result.reason);

  it.each([
    ["canceled", "start", "the run has already been canceled"],
    ["succeeded", "cancel", "the run has already succeeded"],
    ["running", "start", "a run that is running cannot be started again"],
    ["queued", "steps_failed", "the run has not left the queue"],
    ["canceling", "cancel", "the run is already being canceled"],
  ] as const)("a run that is %s refuses %s", (status, trigger, reason) => {
    expect(reasonOf(transitionRun(status, trigger))).toBe(reason);
  });

  it.each([
    ["succeeded", "assign", "the step has already succeeded"],
    ["failed", "assign", "the step has already failed"],
    ["skipped", "assign", "the step has already been skipped"],
    ["canceled", "assign", "the step has already been canceled"],
    ["pending", "started", "the step is not assigned to an agent"],
    ["up_for_retry", "started", "the step waits for its next attempt"],
    ["running", "assign", "the step is already assigned"],
    ["up_for_retry", "assign", "the step waits for its next attempt"],
  ] as const)("a step that is %s refuses %s", (status, trigger, reason) => {
    expect(reasonOf(transitionStep(status, trigger))).toBe(reason);
  });
});

describe("runOutcome", () => {
  it("the outcome is open while a step can still do something", () => {
    expect(runOutcome(["succeeded", "up_for_retry"])).toBeNull();
    expect(runOutcome(["failed", "pending"])).toBeNull();
  });

  it("says failed before canceled before succeeded", () => {
    expect(runOutcome(["succeeded", "canceled", "failed", "skipped"])).toBe("failed");
    expect(runOutcome(["succeeded", "canceled", "skipped"])).toBe("canceled");
    expect(runOutcome(["succeeded", "skipped"])).toBe("succeeded");
    expect(runOutcome([])).toBe("succeeded");
  });
});
