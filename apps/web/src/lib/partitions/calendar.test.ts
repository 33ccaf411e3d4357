import { describe, expect, it } from "vitest";
import { layOutCalendar, type PartitionItem } from "./calendar.ts";

const item = (key: string): PartitionItem => ({ key, start: null, end: null, status: "materialized", run: null, at: null, message: null });

describe("partition calendar", () => {
  it("each week is a column that starts on Monday", () => {
    // 2026-11-22 was a Sunday.
    const calendar = layOutCalendar([item("2026-11-23"), item("2026-11-22")]);
    expect(calendar?.cells.map(({ week, weekday }) => [week, weekday])).toEqual([
      [0, 6],
      [1, 0],
    ]);
    expect(calendar?.weeks).toBe(2);
  });

  it("each month is named above the week in which it begins", () => {
    const calendar = layOutCalendar([item("2027-12-20"), item("2028-03-02")]);
    expect(calendar?.months.map(({ year, month }) => `${year}-${month + 1}`)).toEqual(["2028-1", "2028-2", "2028-3"]);
  });

  it("keys that are not days have no calendar", () => {
    expect(layOutCalendar([item("2026-11-22-10:00")])).toBeNull();
    expect(layOutCalendar([])).toBeNull();
  });
});
