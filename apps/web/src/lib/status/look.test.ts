import { describe, expect, it } from "vitest";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { assetLook, checkLook, runLook } from "./look.ts";

const state: AssetState = {
  key: "a",
  health: "healthy",
  materialized: null,
  failed: null,
  inProgress: null,
  checks: { passed: 1, warned: 0, failed: 1, unknown: 0 },
  partitions: null,
  freshness: null,
};

describe("shape and word of a state", () => {
  it("call an asset overdue that is only late, and nearly so before", () => {
    const checks = { passed: 1, warned: 0, failed: 0, unknown: 0 };
    const freshness = { state: "overdue", since: 1, changesAt: null } as const;
    expect(assetLook({ ...state, checks, health: "failed", freshness }, false)).toEqual({ tone: "late", word: "Overdue" });
    expect(assetLook({ ...state, health: "failed", freshness }, false).word).toBe("Check failed");
    expect(assetLook({ ...state, checks, health: "warning", freshness: { ...freshness, state: "warning" } }, false).word).toBe(
      "Nearly overdue",
    );
  });

  it("agree between an asset and a run whose check failed", () => {
    const asset = assetLook({ ...state, health: "failed" }, false);
    const run = runLook({ status: "succeeded", checksFailed: 1, checksWarned: 0 });
    expect(asset).toEqual(run);
    expect(asset).toEqual({ tone: "bad", word: "Check failed" });
  });

  it("tell a failed materialization from a failed check", () => {
    const failed = { at: 1, run: "r", step: "s", message: "boom", partition: null };
    expect(assetLook({ ...state, health: "failed", failed }, false).word).toBe("Failed");
  });

  it("show what happens now before what happened last", () => {
    expect(assetLook({ ...state, health: "failed", inProgress: { run: "r", status: "running" } }, false)).toEqual({
      tone: "live",
      word: "Running",
    });
  });

  it("know nothing of an external asset and nothing yet of a new one", () => {
    expect(assetLook(undefined, true).word).toBe("External");
    expect(assetLook(undefined, false).word).toBe("Never materialized");
    expect(checkLook(null).word).toBe("Never evaluated");
  });
});
