import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { RunEvent } from "@headgate/shared/domain/run/event.ts";
import { eventLine, metadataLines } from "./event-line.ts";

const colors = createColors(false);

function line(event: RunEvent, step: string | null = "dbt:shop"): string {
  const row: EventRow = { seq: 1, at: new Date(2025, 0, 31, 14, 3, 22).getTime(), step, attempt: 1, event };
  return eventLine(row, colors);
}

describe("a line of a run's log", () => {
  it("names the asset before what happened to it", () => {
    const event = { type: "asset_materialized", asset: "gold/orders", metadata: {}, durationMs: 4_250 } as const;
    expect(line(event)).toBe("14:03:22 info  gold/orders  materialized in 4.2s");
  });

  it("names the step when the event has no asset", () => {
    expect(line({ type: "step_started", worker: "w1", pid: 7 })).toBe("14:03:22 info  dbt:shop  started in worker w1 (process 7)");
  });

  it("names the run when the event has no step", () => {
    const failure = { kind: "user_code", message: "no price" } as const;
    expect(line({ type: "run_failed", failure }, null)).toBe("14:03:22 error run  failed: no price");
  });
});

describe("the lines of an event's metadata", () => {
  it("each entry but the number of rows has its line", () => {
    const metadata = {
      row_count: { type: "int", value: 12 },
      file: { type: "path", value: "s3://raw/orders.parquet" },
      ratio: { type: "float", value: 0.25 },
      place: { type: "geo_point", value: [52, 13] } as never,
    } as const;
    const event: RunEvent = { type: "asset_materialized", asset: "gold/orders", metadata };
    const row: EventRow = { seq: 1, at: 0, step: null, attempt: 1, event };
    expect(metadataLines(row, colors).map((text) => text.trim())).toEqual([
      "file: s3://raw/orders.parquet",
      "ratio: 0.25",
      'place: {"type":"geo_point","value":[52,13]}',
    ]);
  });
});
