import { describe, expect, it } from "vitest";
import { problemHref, problemKind, splitAutomation } from "../../routes/[org]/[dep]/problem-words.ts";
import { triggerHref } from "./trigger-href.ts";

const ref = { org: "acme", name: "prod" };

describe("why a run exists", () => {
  it("leads to the tick, the evaluation, the backfill or the run before", () => {
    expect(triggerHref(ref, { type: "sensor", name: "a/b", location: "lake", tick: "t1" })).toBe(
      "/acme/prod/automations/lake/sensor/a%2Fb/-/ticks/t1",
    );
    expect(triggerHref(ref, { type: "condition", targets: ["gold/a"], evaluation: "e" })).toBe(
      "/acme/prod/assets/gold/a/-/automation?evaluation=e",
    );
    expect(triggerHref(ref, { type: "backfill", backfill: "b", by: "ada" })).toBe("/acme/prod/backfills/b");
    expect(triggerHref(ref, { type: "retry", parent: "r", attempt: 1, of: 2 })).toBe("/acme/prod/runs/r");
    expect(triggerHref(ref, { type: "person", user: "ada" })).toBeNull();
  });
});

describe("a problem of automation", () => {
  const problem = (kind: "automation_failing" | "backfill_failed" | "asset_overdue", subject: string) => ({
    kind,
    subject,
    title: subject,
    message: "",
    since: 0,
    run: null,
  });

  it("leads to what is wrong", () => {
    expect(problemHref(ref, problem("automation_failing", "lake/schedule/daily"))).toBe("/acme/prod/automations/lake/schedule/daily");
    expect(problemHref(ref, problem("backfill_failed", "b1"))).toBe("/acme/prod/backfills/b1");
    expect(problemHref(ref, problem("asset_overdue", "gold/a"))).toBe("/acme/prod/assets/gold/a");
    expect(problemKind(problem("automation_failing", "lake/sensor/x"))).toBe("sensor failing");
  });

  it("keeps slashes of names", () => {
    expect(splitAutomation("my/lake/sensor/a/b")).toEqual({ location: "my/lake", kind: "sensor", name: "a/b" });
    expect(splitAutomation("nonsense")).toBeNull();
  });
});
