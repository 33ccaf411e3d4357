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

  it("never leaves an end state and always can reach one, whatever happens before", () => {
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

describe("runOutcome", () => {
  it("is open while a step can still do something", () => {
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
