import { describe, expect, it } from "vitest";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { beginLaunch, confirmLaunch, NO_PENDING, revertLaunch, settlePending, withPending } from "./optimistic.ts";

const state: AssetState = {
  key: "a",
  health: "healthy",
  materialized: null,
  failed: null,
  inProgress: null,
  checks: { passed: 0, warned: 0, failed: 0, unknown: 0 },
  partitions: null,
  freshness: null,
};

describe("an optimistic launch", () => {
  it("shows its assets as queued at once", () => {
    const pending = beginLaunch(NO_PENDING, "q1", ["a", "b"]);
    expect(withPending("a", state, pending)?.inProgress?.status).toBe("queued");
    expect(withPending("b", undefined, pending)?.inProgress?.status).toBe("queued");
    expect(withPending("c", state, pending)).toBe(state);
  });

  it("is taken back when it is refused, without touching another one", () => {
    const pending = beginLaunch(beginLaunch(NO_PENDING, "q1", ["a"]), "q2", ["b"]);
    expect([...revertLaunch(pending, "q1").keys()]).toEqual(["b"]);
  });

  it("gives way to what the control plane says about the asset", () => {
    const pending = settlePending(beginLaunch(NO_PENDING, "q1", ["a", "b"]), [
      { type: "asset", asset: { ...state, inProgress: { run: "r", status: "running" } } },
    ]);
    expect([...pending.keys()]).toEqual(["b"]);
  });

  it("ends with its run even when an asset of it was never mentioned", () => {
    const pending = confirmLaunch(beginLaunch(NO_PENDING, "q1", ["a"]), "q1", "r1");
    const over = { type: "run", run: { id: "r1", status: "canceled" } as unknown as RunSummary } as const;
    expect(settlePending(pending, [over]).size).toBe(0);
  });

  it("never hides that the asset is running for another reason", () => {
    const running: AssetState = { ...state, inProgress: { run: "r9", status: "running" } };
    expect(withPending("a", running, beginLaunch(NO_PENDING, "q1", ["a"]))).toBe(running);
  });
});
