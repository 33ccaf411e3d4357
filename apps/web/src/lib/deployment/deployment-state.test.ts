import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import { assetState, queuedRun } from "../../../test/fixture-data.ts";
import { activeRuns, applyChanges, countAssets, EMPTY_STATE, stateFromSnapshot } from "./deployment-state.ts";

describe("deployment state", () => {
  it("a change of each kind is applied", () => {
    const state = applyChanges(EMPTY_STATE, [
      { type: "asset", asset: assetState("gold/orders") },
      { type: "run", run: queuedRun("r1") },
      { type: "definitions", hash: "abc" },
    ]);
    expect(state.assets.get("gold/orders")?.health).toBe("healthy");
    expect(state.runs.has("r1")).toBe(true);
    expect(state.definitionsHash).toBe("abc");
  });

  it("an agent that is gone is removed", () => {
    const agent = { instance: "i1" } as unknown as Extract<Change, { type: "agent" }>["agent"];
    const connected = applyChanges(EMPTY_STATE, [{ type: "agent", agent }]);
    expect(connected.agents.size).toBe(1);
    expect(applyChanges(connected, [{ type: "agent_gone", instance: "i1" }]).agents.size).toBe(0);
  });

  it("maps without changes keep their identity", () => {
    const before = applyChanges(EMPTY_STATE, [{ type: "asset", asset: assetState("a") }]);
    const after = applyChanges(before, [{ type: "run", run: queuedRun("r1") }]);
    expect(after.assets).toBe(before.assets);
    expect(after.runs).not.toBe(before.runs);
  });

  it("an older view of a run never replaces a newer one", () => {
    const newer = applyChanges(EMPTY_STATE, [{ type: "run", run: queuedRun("r1", { status: "running", lastSeq: 5 }) }]);
    const after = applyChanges(newer, [{ type: "run", run: queuedRun("r1", { status: "queued", lastSeq: 2 }) }]);
    expect(after.runs.get("r1")?.status).toBe("running");
  });

  it("the newest view of a run wins in any order", () => {
    const views = fc.array(fc.record({ id: fc.constantFrom("r1", "r2", "r3"), lastSeq: fc.integer({ min: 1, max: 50 }) }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(views, (list) => {
        const state = list.reduce(
          (current, view) => applyChanges(current, [{ type: "run", run: queuedRun(view.id, { lastSeq: view.lastSeq }) }]),
          EMPTY_STATE,
        );
        for (const id of new Set(list.map((view) => view.id))) {
          const newest = Math.max(...list.filter((view) => view.id === id).map((view) => view.lastSeq));
          expect(state.runs.get(id)?.lastSeq).toBe(newest);
        }
      }),
      { seed: 20261123 },
    );
  });

  it("old finished runs are dropped, active ones never", () => {
    const finished = Array.from({ length: 600 }, (_, index): Change => ({
      type: "run",
      run: queuedRun(`f${index}`, { status: "succeeded", createdAt: index + 10 }),
    }));
    const state = applyChanges(EMPTY_STATE, [{ type: "run", run: queuedRun("old", { status: "running", createdAt: 0 }) }, ...finished]);
    expect(state.runs.size).toBeLessThan(400);
    expect(state.runs.has("old")).toBe(true);
    expect(state.runs.has("f599")).toBe(true);
  });

  it("failures are counted and active runs listed newest first", () => {
    const state = stateFromSnapshot(
      {
        assets: [assetState("a", { health: "failed" }), assetState("b", { health: "warning", inProgress: { run: "r", status: "queued" } })],
        runs: [queuedRun("r1", { createdAt: 1 }), queuedRun("r2", { createdAt: 2 }), queuedRun("r3", { status: "failed", createdAt: 3 })],
        locations: [],
        agents: [],
      },
      "h",
    );
    expect(countAssets(state.assets.values())).toEqual({ failed: 1, warning: 1, inProgress: 1 });
    expect(activeRuns(state).map((entry) => entry.id)).toEqual(["r2", "r1"]);
  });
});
