import { describe, expect, it } from "vitest";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { openPartitions } from "@headgate/shared/domain/partitions/partition-set.ts";
import { partitionMapOf } from "../../../test/fixture-partitions.ts";
import { keyProblem, keysOfText } from "./dynamic-keys.ts";
import { bucketLabel, bucketStyle, countsIn, isInside, keysIn, keysOfRectangle, layoutOf, nextPlace, rangeOf } from "./partition-cells.ts";

const NOW = Date.UTC(2026, 10, 23);
const map = (definition: PartitionsDefinition, buckets = 400) => partitionMapOf(definition, { buckets, dynamic: [], now: NOW });
const daily = { type: "time", cadence: "daily", start: "2026-08-01" } as const;
const regions = { type: "static", keys: ["americas", "emea"] } as const;
const grid: PartitionsDefinition = {
  type: "multi",
  dimensions: [
    { name: "region", partitions: regions },
    { name: "day", partitions: daily },
  ],
};
const at = (row: number, column: number) => ({ row, column });

describe("partition map", () => {
  it("days form a calendar, two dimensions a grid, others lines", () => {
    expect(layoutOf(map(daily)).kind).toBe("calendar");
    expect(layoutOf(map(daily, 20)).kind).toBe("lines");
    expect(layoutOf(map(grid)).kind).toBe("grid");
    expect(layoutOf(map(regions)).kind).toBe("lines");
  });

  it("a failed cell is reported before a missing one", () => {
    const counts = { total: 10, materialized: 5, failed: 1, inProgress: 1, missing: 3 };
    expect(bucketStyle(counts)).toEqual({ tone: "bad", label: "1 failed" });
    expect(bucketStyle({ ...counts, failed: 0 }).tone).toBe("live");
    expect(bucketLabel({ ...counts, first: "a", last: "j", start: null, end: null }, "emea")).toBe(
      "emea, a to j, 10 partitions: 1 failed, 5 materialized",
    );
  });

  it("arrow keys move by days and weeks in a calendar", () => {
    const size = { layout: "calendar", rows: 1, columns: 114, perLine: 30 } as const;
    expect(nextPlace("ArrowDown", at(0, 3), size)).toEqual(at(0, 4));
    expect(nextPlace("ArrowRight", at(0, 3), size)).toEqual(at(0, 10));
    expect(nextPlace("ArrowLeft", at(0, 3), size)).toEqual(at(0, 0));
    expect(nextPlace("End", at(0, 3), size)).toEqual(at(0, 113));
    expect(nextPlace("x", at(0, 3), size)).toBeNull();
  });

  it("arrow keys move between rows of a grid and lines", () => {
    expect(nextPlace("ArrowDown", at(0, 3), { layout: "grid", rows: 2, columns: 9, perLine: 5 })).toEqual(at(1, 3));
    expect(nextPlace("ArrowDown", at(0, 3), { layout: "lines", rows: 1, columns: 9, perLine: 5 })).toEqual(at(0, 8));
  });

  it("a selection lies between two corners in either order", () => {
    const range = { from: at(1, 4), to: at(0, 2) };
    expect(isInside(range, at(0, 3))).toBe(true);
    expect(isInside(range, at(0, 5))).toBe(false);
    expect(countsIn(map(grid), range).total).toBe(6);
  });

  it("a selection is found again unless its edges are missing", () => {
    const view = map(daily);
    const keys = keysIn(view, { from: at(0, 5), to: at(0, 2) });
    expect(keys).toEqual({ first: "2026-08-03", last: "2026-08-06", rows: [] });
    expect(keys && rangeOf(view, keys)).toEqual({ from: at(0, 2), to: at(0, 5) });
    expect(keys && rangeOf(map(daily, 20), keys)).toBeNull();
  });

  it("keys of two dimensions match the partition set's own keys", () => {
    const view = map(grid);
    const opened = openPartitions(grid, { now: NOW });
    const keys = keysOfRectangle(grid, view, { from: at(0, 0), to: at(1, 1) });
    expect(keys).toEqual(["2026-08-01|americas", "2026-08-02|americas", "2026-08-01|emea", "2026-08-02|emea"]);
    expect(opened.ok && keys?.every((key) => opened.value.numberOf(key) >= 0)).toBe(true);
    expect(keysOfRectangle(grid, map(grid, 5), { from: at(0, 0), to: at(0, 1) })).toBeNull();
  });
});

describe("dynamic partition keys", () => {
  it("each line is one key, and duplicates are dropped", () => {
    expect(keysOfText(" a \n\nb\na\n")).toEqual(["a", "b"]);
  });

  it("separators and control characters are refused", () => {
    expect(keyProblem("orders-1.csv")).toBeNull();
    expect(keyProblem("a...b")).toContain('"..."');
    expect(keyProblem("a|b")).toContain('"|"');
    expect(keyProblem("a\u0007")).toContain("control character");
    expect(keyProblem("x".repeat(401))).toContain("longer than 400");
  });
});
