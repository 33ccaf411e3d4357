import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { activeRuns, applyChanges, countAssets, EMPTY_STATE, stateFromSnapshot } from "./deployment-state.ts";

function asset(key: string, change: Partial<AssetState> = {}): AssetState {
  return {
    key,
    health: "healthy",
    materialized: null,
    failed: null,
    inProgress: null,
    checks: { passed: 0, warned: 0, failed: 0, unknown: 0 },
    partitions: null,
    freshness: null,
    ...change,
  };
}

function run(id: string, change: Partial<RunSummary> = {}): RunSummary {
  return {
    id,
    status: "queued",
    job: null,
    selection: "*",
    partition: null,
    tags: {},
    trigger: { type: "person", user: "ada" },
    parent: null,
    backfill: null,
    priority: 0,
    retryAt: null,
    createdAt: 1,
    startedAt: null,
    endedAt: null,
    assetCount: 1,
    steps: { total: 1, succeeded: 0, failed: 0, skipped: 0, running: 0, canceled: 0 },
    materialized: 0,
    error: null,
    checksFailed: 0,
    checksWarned: 0,
    waiting: null,
    lastSeq: 1,
    ...change,
  };
}

describe("the deployment state", () => {
  it("takes in a change of each kind", () => {
    const state = applyChanges(EMPTY_STATE, [
      { type: "asset", asset: asset("gold/orders") },
      { type: "run", run: run("r1") },
      { type: "definitions", hash: "abc" },
    ]);
    expect(state.assets.get("gold/orders")?.health).toBe("healthy");
    expect(state.runs.has("r1")).toBe(true);
    expect(state.definitionsHash).toBe("abc");
  });

  it("forgets an agent that is gone", () => {
    const agent = { instance: "i1" } as unknown as Extract<Change, { type: "agent" }>["agent"];
    const connected = applyChanges(EMPTY_STATE, [{ type: "agent", agent }]);
    expect(connected.agents.size).toBe(1);
    expect(applyChanges(connected, [{ type: "agent_gone", instance: "i1" }]).agents.size).toBe(0);
  });

  it("keeps the maps that no change touches, so that what reads them does not run again", () => {
    const before = applyChanges(EMPTY_STATE, [{ type: "asset", asset: asset("a") }]);
    const after = applyChanges(before, [{ type: "run", run: run("r1") }]);
    expect(after.assets).toBe(before.assets);
    expect(after.runs).not.toBe(before.runs);
  });

  it("does not let an older view of a run replace a newer one", () => {
    const newer = applyChanges(EMPTY_STATE, [{ type: "run", run: run("r1", { status: "running", lastSeq: 5 }) }]);
    const after = applyChanges(newer, [{ type: "run", run: run("r1", { status: "queued", lastSeq: 2 }) }]);
    expect(after.runs.get("r1")?.status).toBe("running");
  });

  it("ends in the newest view of every run, in whichever order the views arrive", () => {
    const views = fc.array(fc.record({ id: fc.constantFrom("r1", "r2", "r3"), lastSeq: fc.integer({ min: 1, max: 50 }) }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(views, (list) => {
        const state = list.reduce(
          (current, view) => applyChanges(current, [{ type: "run", run: run(view.id, { lastSeq: view.lastSeq }) }]),
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

  it("forgets old finished runs but never one that is under way", () => {
    const finished = Array.from({ length: 600 }, (_, index): Change => ({
      type: "run",
      run: run(`f${index}`, { status: "succeeded", createdAt: index + 10 }),
    }));
    const state = applyChanges(EMPTY_STATE, [{ type: "run", run: run("old", { status: "running", createdAt: 0 }) }, ...finished]);
    expect(state.runs.size).toBeLessThan(400);
    expect(state.runs.has("old")).toBe(true);
    expect(state.runs.has("f599")).toBe(true);
  });

  it("counts what fails and lists active runs newest first", () => {
    const state = stateFromSnapshot(
      {
        assets: [asset("a", { health: "failed" }), asset("b", { health: "warning", inProgress: { run: "r", status: "queued" } })],
        runs: [run("r1", { createdAt: 1 }), run("r2", { createdAt: 2 }), run("r3", { status: "failed", createdAt: 3 })],
        locations: [],
        agents: [],
      },
      "h",
    );
    expect(countAssets(state.assets.values())).toEqual({ failed: 1, warning: 1, inProgress: 1 });
    expect(activeRuns(state).map((entry) => entry.id)).toEqual(["r2", "r1"]);
  });
});
