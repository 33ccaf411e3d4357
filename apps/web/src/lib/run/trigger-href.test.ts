import { describe, expect, it } from "vitest";
import { triggerHref } from "./trigger-href.ts";

const ref = { org: "acme", name: "prod" };

describe("cause link", () => {
  it("each cause links to its tick, evaluation, backfill or parent", () => {
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
