import { describe, expect, it } from "vitest";
import type { EventRow, RunDetail, StepView } from "@headgate/shared/contract/runs/run-views.ts";
import { queuedRun } from "../../../test/fixture-data.ts";
import { atLeast, filterLines, logLine } from "./log-lines.ts";
import { applyRunChanges, mergeEvents, runStateFrom } from "./run-state.ts";
import { notePlace, timelineRows, earlierAttempts, timelineTicks } from "./timeline.ts";

const event = (seq: number, message = `line ${seq}`): EventRow => ({
  seq,
  at: seq,
  step: "a",
  attempt: 1,
  event: { type: "log", level: seq % 2 ? "info" : "error", message },
});

function step(over: Partial<StepView>): StepView {
  return {
    run: "r",
    key: "dbt:x",
    location: "l",
    unit: "dbt:x",
    kind: "dbt",
    status: "pending",
    assets: ["a", "b"],
    checks: [],
    partition: null,
    deps: [],
    attempt: 1,
    maxAttempts: 1,
    agent: null,
    readyAt: 10,
    assignedAt: null,
    startedAt: null,
    endedAt: null,
    retryAt: null,
    failure: null,
    waiting: null,
    ...over,
  };
}
const detail: RunDetail = {
  run: queuedRun("r", {
    status: "running",
    startedAt: 1,
    assetCount: 2,
    trigger: { type: "system", reason: "test" },
    createdAt: 0,
    lastSeq: 0,
  }),
  steps: [step({})],
  stepAssets: [],
  failure: null,
  failedStep: null,
  config: null,
  versions: [],
  children: [],
};

describe("run events", () => {
  it("events are ordered and unique for any order of arrival", () => {
    let events = mergeEvents([], [event(1), event(2)]);
    events = mergeEvents(events, [event(2), event(3)]);
    events = mergeEvents(events, [event(5)]);
    events = mergeEvents(events, [event(4)]);
    expect(events.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it("log lines are filtered by level, step and text", () => {
    const lines = [1, 2, 3, 4].map((seq) => logLine(event(seq)));
    expect(filterLines(lines, { levels: atLeast("error"), step: null, text: "", eventsOnly: false }).map((line) => line.seq)).toEqual([
      2, 4,
    ]);
    expect(filterLines(lines, { levels: atLeast("debug"), step: "b", text: "", eventsOnly: false })).toEqual([]);
    expect(filterLines(lines, { levels: atLeast("debug"), step: null, text: "LINE 3", eventsOnly: false }).map((line) => line.seq)).toEqual(
      [3],
    );
  });
});

describe("live changes of a run", () => {
  it("a change updates its step and names the first failure", () => {
    const before = runStateFrom(detail);
    const after = applyRunChanges(before, [{ type: "step", step: step({ status: "failed", failure: { kind: "dbt", message: "boom" } }) }]);
    expect(after.steps.get("dbt:x")?.status).toBe("failed");
    expect(after.detail.failure?.message).toBe("boom");
    expect(applyRunChanges(after, [{ type: "step", step: step({ run: "other" }) }])).toBe(after);
  });

  it("each model of a dbt step has its own row", () => {
    const state = applyRunChanges(runStateFrom(detail), [
      { type: "step", step: step({ status: "running", assignedAt: 12, startedAt: 15 }) },
      {
        type: "step_asset",
        asset: { run: "r", step: "dbt:x", asset: "a", status: "succeeded", startedAt: 20, endedAt: 30, rowCount: 200, message: null },
      },
      {
        type: "step_asset",
        asset: {
          run: "r",
          step: "dbt:x",
          asset: "b",
          status: "failed",
          startedAt: 20,
          endedAt: 40,
          rowCount: null,
          message: "no such column",
        },
      },
    ]);
    const rows = timelineRows(state);
    expect(rows.map((row) => row.label)).toEqual(["dbt:x", "a", "b"]);
    expect(rows[0]?.bars.map((bar) => bar.kind)).toEqual(["waiting", "starting", "running"]);
    expect(rows[2]).toMatchObject({ style: { tone: "bad" }, note: "no such column" });
  });
});

describe("run timeline", () => {
  it("each attempt of a step has its own bar", () => {
    const at = (seq: number, given: Partial<EventRow>) => ({ ...event(seq), step: "dbt:x", at: seq * 10, ...given });
    const failure = { kind: "dbt", message: "boom" } as const;
    const events = [
      at(1, { event: { type: "step_started", worker: "w", pid: 1 } }),
      at(3, { event: { type: "step_failed", failure, willRetry: true } }),
      at(4, { event: { type: "step_started", worker: "w", pid: 1 } }),
      at(6, { event: { type: "step_failed", failure, willRetry: false } }),
    ];
    const state = applyRunChanges(runStateFrom(detail), [{ type: "step", step: step({ status: "failed", startedAt: 40, endedAt: 60 }) }]);
    expect(timelineRows(state, earlierAttempts(events))[0]?.bars.filter(({ kind }) => kind !== "waiting")).toEqual([
      { kind: "earlier", start: 10, end: 30 },
      { kind: "running", start: 40, end: 60 },
    ]);
  });

  it("the axis has few marks at round durations", () => {
    expect(timelineTicks(4200, 6)).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(timelineTicks(3_600_000 * 5, 6).length).toBeLessThanOrEqual(7);
  });

  it("a note covers the bars only when they fill the row", () => {
    const bar = (start: number, end: number | null) => ({ bars: [{ kind: "running" as const, start, end }] });
    const span = { start: 0, length: 100, now: 100 };
    expect(notePlace(bar(0, 20), span)).toMatchObject({ side: "after", left: "20%", space: "80%" });
    expect(notePlace(bar(80, 95), span)).toMatchObject({ side: "before", right: "20%", space: "80%" });
    expect(notePlace(bar(5, null), span).side).toBe("inside");
    expect(notePlace({ bars: [] }, span)).toMatchObject({ side: "after", left: "0%" });
  });
});
