import { describe, expect, it } from "vitest";
import type { EventRow, RunDetail } from "@headgate/shared/contract/runs/run-views.ts";
import type { RunEvent } from "@headgate/shared/domain/run/event.ts";
import { assetLines } from "./run-report.ts";

const row = (event: RunEvent, seq: number): EventRow => ({ seq, at: seq, step: "s", attempt: 1, event });
const step = (over: Partial<RunDetail["steps"][number]>) =>
  ({
    key: "s",
    status: "succeeded",
    assets: ["a", "b"],
    checks: [],
    partition: null,
    startedAt: 0,
    endedAt: 9,
    failure: null,
    ...over,
  }) as RunDetail["steps"][number];
const materialized = (asset: string, rows: number): RunEvent => ({
  type: "asset_materialized",
  asset,
  metadata: { row_count: { type: "int", value: rows } },
  durationMs: 5,
});
const check = (name: string, passed: boolean): RunEvent => ({
  type: "check_evaluated",
  asset: "b",
  check: name,
  passed,
  severity: "error",
  metadata: {},
});

describe("the result of a run for each asset", () => {
  it("has rows, checks and status in the order of the events", () => {
    const events = [materialized("b", 2), check("unique", false), check("unique", true), check("fresh", false), materialized("a", 7)];
    expect(assetLines({ steps: [step({})] }, events.map(row))).toEqual([
      { asset: "b", status: "succeeded", rows: 2, durationMs: 5, checks: { passed: 1, warned: 0, failed: 1 }, message: null },
      { asset: "a", status: "succeeded", rows: 7, durationMs: 5, checks: { passed: 0, warned: 0, failed: 0 }, message: null },
    ]);
  });

  it("takes status, time and message from the step without events of its own", () => {
    const failure = { kind: "user_code", message: "no price" } as const;
    expect(assetLines({ steps: [step({ assets: ["a"], partition: "2025-01-01", status: "failed", failure })] }, [])).toMatchObject([
      { asset: "a[2025-01-01]", status: "failed", durationMs: 9, message: "no price" },
    ]);
  });

  it("lists the checked assets of a run of checks alone", () => {
    const only = step({ assets: [], checks: ["b:unique"] });
    expect(assetLines({ steps: [only] }, [check("unique", true)].map(row))).toMatchObject([{ asset: "b", checks: { passed: 1 } }]);
  });
});
