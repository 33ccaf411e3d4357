import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import { freshnessOf } from "./freshness.ts";
import { openFreshnessPolicy, type FreshnessPolicySpec } from "./freshness-policy.ts";

describe("freshness policies", () => {
  it.each<[string, FreshnessPolicySpec]>([
    ["shorter than a minute", { type: "time_window", failAfterSeconds: 59 }],
    ["no number", { type: "time_window", failAfterSeconds: NaN }],
    ["a warning after the failure", { type: "time_window", failAfterSeconds: 600, warnAfterSeconds: 600 }],
    ["no cron", { type: "cron", cron: "every day", lowerBoundSeconds: 60 }],
    ["no zone", { type: "cron", cron: "@daily", timezone: "Mars/Olympus", lowerBoundSeconds: 60 }],
    ["a lower bound below a minute", { type: "cron", cron: "@daily", lowerBoundSeconds: 1 }],
    ["a lower bound without end", { type: "cron", cron: "0 0 29 2 *", lowerBoundSeconds: Infinity }],
    ["a lower bound beyond the shortest gap", { type: "cron", cron: "0 0,1 * * *", lowerBoundSeconds: 3601 }],
  ])("%s is refused", (...[, spec]) => {
    expect(openFreshnessPolicy(spec).ok).toBe(false);
  });

  it("hold at their limits", () => {
    const window = unwrap(openFreshnessPolicy({ type: "time_window", failAfterSeconds: 60, warnAfterSeconds: 59 }));
    expect(freshnessOf(window, 0, 59_000)).toEqual({ state: "warning", changesAt: 60_000 });
    const cron = unwrap(openFreshnessPolicy({ type: "cron", cron: "0 0,1 * * *", lowerBoundSeconds: 3600 }));
    expect(freshnessOf(cron, Date.UTC(2025, 0, 1, 0), Date.UTC(2025, 0, 1, 1)).state).toBe("fresh");
    expect(freshnessOf(cron, Date.UTC(2025, 0, 1, 0) - 1, Date.UTC(2025, 0, 1, 1)).state).toBe("overdue");
  });
});
