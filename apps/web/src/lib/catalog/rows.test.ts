import { describe, expect, it } from "vitest";
import { statesOf } from "#lib/../../test/fixture-data.ts";
import { lakehouseAssets } from "#lib/../../test/fixture-definitions.ts";
import { buildRows, DEFAULT_SORT, nextSort, parseSort, printSort, SORT_COLUMNS, sortRows } from "./rows.ts";

const assets = lakehouseAssets();
const states = new Map(statesOf(assets, 1_790_000_000_000).map((state) => [state.key, state]));
const rows = buildRows(assets, (key) => states.get(key));

describe("the rows of the catalog", () => {
  it("put what is broken first when sorted by status", () => {
    const sorted = sortRows(rows, { column: "status", descending: false });
    expect(sorted.slice(0, 2).map((row) => row.style.label)).toEqual(["Failed", "Check failed"]);
  });

  it("keep rows without a value last in both directions", () => {
    for (const descending of [true, false]) {
      const sorted = sortRows(rows, { column: "rows", descending });
      expect(sorted.at(-1)?.state?.materialized ?? null).toBeNull();
    }
  });

  it("keep every row in every order", () => {
    for (const column of SORT_COLUMNS) expect(new Set(sortRows(rows, { column, descending: true }))).toEqual(new Set(rows));
  });

  it("carry their order in the address and read it back", () => {
    for (const column of SORT_COLUMNS) {
      for (const descending of [true, false]) expect(parseSort(printSort({ column, descending }))).toEqual({ column, descending });
    }
    expect(parseSort("nonsense")).toEqual(DEFAULT_SORT);
  });

  it("turn around when the same heading is pressed again", () => {
    const first = nextSort(DEFAULT_SORT, "materialized");
    expect(first.descending).toBe(true);
    expect(nextSort(first, "materialized").descending).toBe(false);
  });
});
