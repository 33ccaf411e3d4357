import { describe, expect, it } from "vitest";
import { statesOf } from "../../../test/fixture-data.ts";
import { lakehouseAssets } from "../../../test/fixture-definitions.ts";
import { buildRows, DEFAULT_SORT, nextSort, parseSort, printSort, SORT_COLUMNS, sortRows } from "./rows.ts";

const assets = lakehouseAssets();
const states = new Map(statesOf(assets, 1_790_000_000_000).map((state) => [state.key, state]));
const rows = buildRows(assets, (key) => states.get(key));

describe("catalog rows", () => {
  it("sorting by status puts broken assets first", () => {
    const sorted = sortRows(rows, { column: "status", descending: false });
    expect(sorted.slice(0, 2).map((row) => row.style.label)).toEqual(["Failed", "Check failed"]);
  });

  it("rows without a value stay last in both directions", () => {
    for (const descending of [true, false]) {
      const sorted = sortRows(rows, { column: "rows", descending });
      expect(sorted.at(-1)?.state?.materialized ?? null).toBeNull();
    }
  });

  it("every sort order keeps every row", () => {
    for (const column of SORT_COLUMNS) expect(new Set(sortRows(rows, { column, descending: true }))).toEqual(new Set(rows));
  });

  it("the sort order survives printing and parsing", () => {
    for (const column of SORT_COLUMNS) {
      for (const descending of [true, false]) expect(parseSort(printSort({ column, descending }))).toEqual({ column, descending });
    }
    expect(parseSort("nonsense")).toEqual(DEFAULT_SORT);
  });

  it("a second click on a heading reverses the order", () => {
    const first = nextSort(DEFAULT_SORT, "materialized");
    expect(first.descending).toBe(true);
    expect(nextSort(first, "materialized").descending).toBe(false);
  });
});
