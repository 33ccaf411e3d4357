import { describe, expect, it } from "vitest";
import { decideHandOver, type HandOver, type HandOverDecision } from "./hand-over.ts";
import { STEP_STATUSES } from "./status.ts";

const HOLDERS = ["launcher", "this_pod", "pod_connected", "pod_gone"] as const satisfies readonly HandOver["holder"][];

const OF_OPEN = {
  assigned: { launcher: "take", this_pod: "resume", pod_connected: "take", pod_gone: "take" },
  running: { launcher: "taken", this_pod: "resume", pod_connected: "taken", pod_gone: "lose" },
} as const satisfies Record<string, Record<HandOver["holder"], HandOverDecision>>;

describe("the hello of a pod", () => {
  it("only the current attempt of a leased step is handed over", () => {
    for (const status of STEP_STATUSES)
      for (const holder of HOLDERS) {
        const open = status === "assigned" || status === "running" ? OF_OPEN[status][holder] : "over";
        expect([status, holder, decideHandOver({ status, holder, isCurrent: true })]).toEqual([status, holder, open]);
        expect(decideHandOver({ status, holder, isCurrent: false })).toBe("over");
      }
  });
});
