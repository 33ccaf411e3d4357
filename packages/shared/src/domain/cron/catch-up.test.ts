import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import { dueTicks, nextTickOf, openSchedule, upcomingTicks } from "./catch-up.ts";

const hour = (count: number) => Date.UTC(2025, 0, 1, count);
const hourly = unwrap(openSchedule(["0 * * * *"], "UTC"));

describe("missed ticks", () => {
  const span = { after: hour(0), now: hour(5) + 10 };

  it("every tick after the last known one is due, up to now", () => {
    expect(dueTicks(hourly, span, { type: "last", count: 100 })).toEqual({
      ticks: [hour(1), hour(2), hour(3), hour(4), hour(5)],
      dropped: 0,
    });
    expect(dueTicks(hourly, { after: hour(1), now: hour(2) }, { type: "latest" }).ticks).toEqual([hour(2)]);
    expect(dueTicks(hourly, { after: hour(2), now: hour(2) + 1 }, { type: "latest" })).toEqual({ ticks: [], dropped: 0 });
  });

  it("the policy says which missed ticks are given up", () => {
    expect(dueTicks(hourly, span, { type: "latest" })).toEqual({ ticks: [hour(5)], dropped: 4 });
    expect(dueTicks(hourly, span, { type: "last", count: 2 })).toEqual({ ticks: [hour(4), hour(5)], dropped: 3 });
    expect(dueTicks(hourly, span, { type: "none" })).toEqual({ ticks: [hour(5)], dropped: 4 });
    expect(dueTicks(hourly, { after: hour(0), now: hour(5) + 60_000 }, { type: "none" })).toEqual({ ticks: [], dropped: 5 });
    expect(dueTicks(hourly, { after: hour(0), now: hour(5) }, { type: "within", ms: 2 * 3_600_000 })).toEqual({
      ticks: [hour(3), hour(4), hour(5)],
      dropped: 2,
    });
    expect(dueTicks(hourly, { after: hour(0), now: hour(5) + 1 }, { type: "within", ms: 2 * 3_600_000 }).ticks).toEqual([hour(4), hour(5)]);
    expect(dueTicks(hourly, span, { type: "last", count: -1 })).toEqual({ ticks: [], dropped: 5 });
  });

  it("ten years of missed minutes are counted without a flood", () => {
    const minutes = unwrap(openSchedule(["* * * * *"], "UTC"));
    const due = dueTicks(minutes, { after: Date.UTC(2015, 0, 1), now: hour(0) }, { type: "within", ms: Infinity });
    expect(due.ticks.length).toBe(44_640);
    expect(due.ticks.at(-1)).toBe(hour(0));
    expect(dueTicks(minutes, { after: Date.UTC(2015, 0, 1), now: hour(0) }, { type: "latest" }).dropped).toBe(100_000);
  });
});

describe("a schedule of several crons", () => {
  const both = unwrap(openSchedule(["0 */2 * * *", "0 */3 * * *"], "UTC"));

  it("ticks with each of them, once where they meet", () => {
    expect(upcomingTicks(both, hour(0), 6)).toEqual([2, 3, 4, 6, 8, 9].map(hour));
    expect(dueTicks(both, { after: hour(0), now: hour(8) }, { type: "last", count: 4 }).ticks).toEqual([3, 4, 6, 8].map(hour));
    expect(nextTickOf(both, hour(2))).toBe(hour(3));
    expect(upcomingTicks(both, hour(2) - 1, 1)).toEqual([hour(2)]);
    expect(upcomingTicks(both, hour(2), 1)).toEqual([hour(3)]);
  });

  it("refuses a cron that is none, no cron and an unknown zone", () => {
    expect([openSchedule(["0 0 31 2 *"], "UTC").ok, openSchedule([], "UTC").ok, openSchedule(["@daily"], "Mars/Olympus").ok]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
