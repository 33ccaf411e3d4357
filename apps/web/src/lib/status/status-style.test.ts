import { describe, expect, it } from "vitest";
import { assetState } from "../../../test/fixture-data.ts";
import { assetStyle, checkStyle, runStyle } from "./status-style.ts";

const state = assetState("a", { checks: { passed: 1, warned: 0, failed: 1, unknown: 0 } });

describe("status styles", () => {
  it("a late asset is overdue, and nearly overdue before", () => {
    const checks = { passed: 1, warned: 0, failed: 0, unknown: 0 };
    const freshness = { state: "overdue", since: 1, changesAt: null } as const;
    expect(assetStyle({ ...state, checks, health: "failed", freshness }, false)).toEqual({ tone: "late", label: "Overdue" });
    expect(assetStyle({ ...state, health: "failed", freshness }, false).label).toBe("Check failed");
    expect(assetStyle({ ...state, checks, health: "warning", freshness: { ...freshness, state: "warning" } }, false).label).toBe(
      "Nearly overdue",
    );
  });

  it("an asset and a run with a failed check agree", () => {
    const asset = assetStyle({ ...state, health: "failed" }, false);
    const run = runStyle({ status: "succeeded", checksFailed: 1, checksWarned: 0 });
    expect(asset).toEqual(run);
    expect(asset).toEqual({ tone: "bad", label: "Check failed" });
  });

  it("a failed materialization differs from a failed check", () => {
    const failed = { at: 1, run: "r", step: "s", message: "boom", partition: null };
    expect(assetStyle({ ...state, health: "failed", failed }, false).label).toBe("Failed");
  });

  it("an active run has precedence over the last result", () => {
    expect(assetStyle({ ...state, health: "failed", inProgress: { run: "r", status: "running" } }, false)).toEqual({
      tone: "live",
      label: "Running",
    });
  });

  it("external and new assets have neutral styles", () => {
    expect(assetStyle(undefined, true).label).toBe("External");
    expect(assetStyle(undefined, false).label).toBe("Never materialized");
    expect(checkStyle(null).label).toBe("Never evaluated");
  });
});
