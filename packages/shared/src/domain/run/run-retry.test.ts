import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { propertyRuns } from "../property-runs.test-support.ts";
import { FAILURE_KINDS } from "./failure.ts";
import { runRetryDelayMs, type RunRetrySpec } from "./run-retry.ts";

const failed = { status: "failed", failure: "user_code", cancelRequested: false, retryCount: 0 } as const;
const policy: RunRetrySpec = { maxRetries: 2, strategy: "from_failure", on: "any", delaySeconds: 30 };

describe("a run policy", () => {
  it("a failed run is made again after its delay, within its limit", () => {
    expect([0, 1, 2].map((retryCount) => runRetryDelayMs({ ...failed, retryCount }, policy))).toEqual([30_000, 30_000, null]);
  });

  it("leaves alone what succeeded, was canceled, or somebody wanted to stop", () => {
    expect(runRetryDelayMs({ ...failed, status: "succeeded" }, policy)).toBeNull();
    expect(runRetryDelayMs({ ...failed, status: "canceled" }, policy)).toBeNull();
    expect(runRetryDelayMs({ ...failed, cancelRequested: true }, policy)).toBeNull();
  });

  it("for crashes leaves the failures of user code alone", () => {
    const crashes: RunRetrySpec = { ...policy, on: "crashes" };
    expect(runRetryDelayMs(failed, crashes)).toBeNull();
    for (const failure of ["agent_lost", "worker_died", "out_of_memory"] as const)
      expect(runRetryDelayMs({ ...failed, failure }, crashes)).toBe(30_000);
    expect(runRetryDelayMs({ ...failed, failure: null }, crashes)).toBeNull();
  });

  it("never makes more runs than it allows, however each of them ends", () => {
    const ends = fc.array(
      fc.record({ status: fc.constantFrom("failed", "succeeded", "canceled"), failure: fc.constantFrom(...FAILURE_KINDS) }),
      {
        minLength: 30,
      },
    );
    fc.assert(
      fc.property(ends, fc.nat(20), fc.constantFrom("any", "crashes"), (drawn, maxRetries, on) => {
        let made = 0;
        for (const end of drawn) {
          const delay = runRetryDelayMs({ ...end, cancelRequested: false, retryCount: made }, { maxRetries, strategy: "all", on });
          if (delay === null) break;
          made++;
        }
        expect(made).toBeLessThanOrEqual(maxRetries);
      }),
      { seed: 57, numRuns: propertyRuns(200) },
    );
  });
});
