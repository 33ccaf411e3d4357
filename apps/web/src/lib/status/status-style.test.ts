import { describe, expect, it } from "vitest";
import type { AssetState } from "@headgate/shared/api/views.ts";
import { assetStyle, checkStyle, runStyle } from "./status-style.ts";

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
    expect(assetStyle({ ...state, checks, health: "failed", freshness }, false)).toEqual({ tone: "late", label: "Overdue" });
    expect(assetStyle({ ...state, health: "failed", freshness }, false).label).toBe("Check failed");
    expect(assetStyle({ ...state, checks, health: "warning", freshness: { ...freshness, state: "warning" } }, false).label).toBe(
      "Nearly overdue",
    );
  });

  it("agree between an asset and a run whose check failed", () => {
    const asset = assetStyle({ ...state, health: "failed" }, false);
    const run = runStyle({ status: "succeeded", checksFailed: 1, checksWarned: 0 });
    expect(asset).toEqual(run);
    expect(asset).toEqual({ tone: "bad", label: "Check failed" });
  });

  it("tell a failed materialization from a failed check", () => {
    const failed = { at: 1, run: "r", step: "s", message: "boom", partition: null };
    expect(assetStyle({ ...state, health: "failed", failed }, false).label).toBe("Failed");
  });

  it("show what happens now before what happened last", () => {
    expect(assetStyle({ ...state, health: "failed", inProgress: { run: "r", status: "running" } }, false)).toEqual({
      tone: "live",
      label: "Running",
    });
  });

  it("know nothing of an external asset and nothing yet of a new one", () => {
    expect(assetStyle(undefined, true).label).toBe("External");
    expect(assetStyle(undefined, false).label).toBe("Never materialized");
    expect(checkStyle(null).label).toBe("Never evaluated");
  });
});
