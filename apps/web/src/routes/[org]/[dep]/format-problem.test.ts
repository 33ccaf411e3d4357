import { describe, expect, it } from "vitest";
import { problemHref, formatProblemKind, splitAutomation } from "./format-problem.ts";

const ref = { org: "acme", name: "prod" };

describe("problems", () => {
  const problem = (kind: "automation_failing" | "backfill_failed" | "asset_overdue", subject: string) => ({
    kind,
    subject,
    title: subject,
    message: "",
    since: 0,
    times: 1,
    run: null,
  });

  it("each problem links to its page", () => {
    expect(problemHref(ref, problem("automation_failing", "lake/schedule/daily"))).toBe("/acme/prod/automations/lake/schedule/daily");
    expect(problemHref(ref, problem("backfill_failed", "b1"))).toBe("/acme/prod/backfills/b1");
    expect(problemHref(ref, problem("asset_overdue", "gold/a"))).toBe("/acme/prod/assets/gold/a");
    expect(formatProblemKind(problem("automation_failing", "lake/sensor/x"))).toBe("sensor failing");
  });

  it("slashes in names of schedules and sensors are kept", () => {
    expect(splitAutomation("my/lake/sensor/a/b")).toEqual({ location: "my/lake", kind: "sensor", name: "a/b" });
    expect(splitAutomation("nonsense")).toBeNull();
  });
});
