import { describe, expect, it } from "vitest";
import { layOutCalendar, type PartitionItem } from "./calendar.ts";

const item = (key: string): PartitionItem => ({ key, start: null, end: null, status: "materialized", run: null, at: null, message: null });

describe("the calendar of daily partitions", () => {
  it("puts Monday on top and a new week in a new column", () => {
    // 2026-11-22 was a Sunday.
    const calendar = layOutCalendar([item("2026-11-23"), item("2026-11-22")]);
    expect(calendar?.cells.map(({ week, weekday }) => [week, weekday])).toEqual([
      [0, 6],
      [1, 0],
    ]);
    expect(calendar?.weeks).toBe(2);
  });

  it("names each month above the week in which it begins, over a leap day and a new year", () => {
    const calendar = layOutCalendar([item("2027-12-20"), item("2028-03-02")]);
    expect(calendar?.months.map(({ year, month }) => `${year}-${month + 1}`)).toEqual(["2028-1", "2028-2", "2028-3"]);
  });

  it("has no place for keys that are not days", () => {
    expect(layOutCalendar([item("2026-11-22-10:00")])).toBeNull();
    expect(layOutCalendar([])).toBeNull();
  });
});
