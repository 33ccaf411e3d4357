import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import { parseCron } from "../cron/parse.ts";
import { findZone } from "../cron/zone.ts";
import { assetHealth, type HealthInput } from "./asset-health.ts";
import { freshnessOf } from "./freshness.ts";

const check = (name: string, state: "passed" | "failed" | "not_run", severity: "warn" | "error" = "error") => ({ name, state, severity });

describe("assetHealth", () => {
  it.each<[string, HealthInput, string, string[]]>([
    ["materialized", { materialization: "succeeded", checks: [] }, "healthy", []],
    ["checks passed", { materialization: "succeeded", checks: [check("a", "passed"), check("b", "not_run")] }, "healthy", []],
    ["warning check", { materialization: "succeeded", checks: [check("a", "failed", "warn")] }, "warning", ["check a warns"]],
    [
      "failed check",
      { materialization: "succeeded", checks: [check("a", "failed", "warn"), check("b", "failed")] },
      "failed",
      ["check b failed"],
    ],
    [
      "failed run",
      { materialization: "failed", checks: [check("a", "failed")] },
      "failed",
      ["the last materialization failed", "check a failed"],
    ],
    ["never materialized", { materialization: "never", checks: [] }, "unknown", ["never materialized"]],
    ["never materialized but overdue", { materialization: "never", checks: [], freshness: "overdue" }, "failed", ["overdue"]],
    ["a failed partition", { materialization: "succeeded", checks: [], failedPartitions: 1 }, "warning", ["1 partition failed"]],
    ["failed partitions", { materialization: "succeeded", checks: [], failedPartitions: 2 }, "warning", ["2 partitions failed"]],
    ["soon overdue", { materialization: "succeeded", checks: [], freshness: "warning" }, "warning", ["soon overdue"]],
    ["looked at", { materialization: "observed", checks: [check("a", "not_run")] }, "healthy", []],
    ["looked at and found old", { materialization: "observed", checks: [check("a", "failed")] }, "failed", ["check a failed"]],
    ["external without news", { materialization: "external", checks: [] }, "unknown", ["nothing was reported about this external asset"]],
    ["external with a passed check", { materialization: "external", checks: [check("a", "passed")] }, "healthy", []],
  ])("%s", (...[, input, state, reasons]) => {
    expect(assetHealth(input)).toEqual({ state, reasons });
  });
});

describe("freshnessOf", () => {
  const hours = (count: number) => count * 3_600_000;

  it("goes from fresh over warning to overdue at exact times", () => {
    const policy = { type: "time_window", failAfterMs: hours(24), warnAfterMs: hours(12) } as const;
    expect(freshnessOf(policy, null, 0)).toEqual({ state: "unknown", changesAt: null });
    expect(freshnessOf(policy, 0, hours(12) - 1)).toEqual({ state: "fresh", changesAt: hours(12) });
    expect(freshnessOf(policy, 0, hours(12))).toEqual({ state: "warning", changesAt: hours(24) });
    expect(freshnessOf(policy, 0, hours(24))).toEqual({ state: "overdue", changesAt: null });
  });

  it("judges by the last deadline of a cron", () => {
    const policy = {
      type: "cron",
      deadline: { cron: unwrap(parseCron("0 9 * * *")), zone: unwrap(findZone("UTC")) },
      lowerBoundMs: hours(2),
    } as const;
    const day = (hour: number) => Date.UTC(2025, 0, 2, hour);
    expect(freshnessOf(policy, day(7), day(10))).toEqual({ state: "fresh", changesAt: Date.UTC(2025, 0, 3, 9) });
    expect(freshnessOf(policy, day(6), day(10))).toEqual({ state: "overdue", changesAt: null });
    expect(freshnessOf(policy, day(6), day(8))).toMatchObject({ state: "fresh", changesAt: day(9) });
  });
});
