import { PROCEDURES } from "@headgate/shared/contract/table.ts";
import { describe, expect, it } from "vitest";
import { formOf, numbersProblem, tagsOf, targetOf } from "./backfill-form.ts";

describe("the form of a backfill", () => {
  it("begins with what the place it was opened from means", () => {
    expect(targetOf(formOf({ assetKey: "gold/a", partitions: { type: "range", first: "1", last: "2" } }))).toEqual({
      selection: 'key:"gold/a"',
      partitions: { type: "range", first: "1", last: "2" },
    });
    expect(targetOf(formOf({ assetKey: "gold/a" }))?.partitions).toEqual({ type: "missing_or_failed" });
  });

  it("is not complete without assets, or without both ends of a range", () => {
    expect(targetOf(formOf({}))).toBeNull();
    expect(targetOf({ ...formOf({ assetKey: "a" }), choice: "range", first: "1" })).toBeNull();
    expect(targetOf({ ...formOf({ assetKey: "a" }), choice: "keys" })).toBeNull();
  });

  it("leaves the shape of runs to the assets unless one is chosen", () => {
    const form = formOf({ assetKey: "a", partitions: { type: "all" } });
    expect(targetOf(form)).not.toHaveProperty("partitionsPerRun");
    expect(targetOf({ ...form, shape: "single" })?.partitionsPerRun).toBeNull();
    expect(targetOf({ ...form, shape: "one_each" })?.partitionsPerRun).toBe(1);
    expect(targetOf({ ...form, shape: "some", perRun: 0.4 })?.partitionsPerRun).toBe(1);
  });

  it("says which number is missing or none that is accepted", () => {
    expect(numbersProblem({ maxActive: 10, priority: -10 })).toBeNull();
    expect(numbersProblem({ maxActive: null, priority: -10 })).toContain("Runs at the same time");
    expect(numbersProblem({ maxActive: 1.5, priority: -10 })).toContain("Runs at the same time");
    expect(numbersProblem({ maxActive: 10, priority: 5000 })).toContain("Priority");
  });

  it("asks only for what the control plane accepts", () => {
    for (const choice of ["all", "missing", "failed", "missing_or_failed"] as const) {
      const target = targetOf({ ...formOf({ assetKey: "a" }), choice, first: " 2026-01-01 " });
      expect(PROCEDURES["backfills.preview"].input.safeParse({ target }).success).toBe(true);
    }
  });

  it("reads tags, one a line", () => {
    expect(tagsOf("team=growth\nurgent\n = x\na=b=c")).toEqual({ team: "growth", urgent: "", a: "b=c" });
  });
});
