import { describe, expect, it } from "vitest";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { assetState } from "../../../test/fixture-data.ts";
import { beginLaunch, confirmLaunch, NO_PENDING, revertLaunch, settlePending, withPending } from "./pending-launches.ts";

const state = assetState("a");

describe("pending launches", () => {
  it("the assets of a launch look queued at once", () => {
    const pending = beginLaunch(NO_PENDING, "q1", ["a", "b"]);
    expect(withPending("a", state, pending)?.inProgress?.status).toBe("queued");
    expect(withPending("b", undefined, pending)?.inProgress?.status).toBe("queued");
    expect(withPending("c", state, pending)).toBe(state);
  });

  it("a refused launch is reverted without touching another one", () => {
    const pending = beginLaunch(beginLaunch(NO_PENDING, "q1", ["a"]), "q2", ["b"]);
    expect([...revertLaunch(pending, "q1").keys()]).toEqual(["b"]);
  });

  it("a live change of the asset ends its pending launch", () => {
    const pending = settlePending(beginLaunch(NO_PENDING, "q1", ["a", "b"]), [
      { type: "asset", asset: { ...state, inProgress: { run: "r", status: "running" } } },
    ]);
    expect([...pending.keys()]).toEqual(["b"]);
  });

  it("the end of the run ends its pending launch", () => {
    const pending = confirmLaunch(beginLaunch(NO_PENDING, "q1", ["a"]), "q1", "r1");
    const over = { type: "run", run: { id: "r1", status: "canceled" } as unknown as RunSummary } as const;
    expect(settlePending(pending, [over]).size).toBe(0);
  });

  it("an asset that already runs keeps its status", () => {
    const running = { ...state, inProgress: { run: "r9", status: "running" as const } };
    expect(withPending("a", running, beginLaunch(NO_PENDING, "q1", ["a"]))).toBe(running);
  });
});
