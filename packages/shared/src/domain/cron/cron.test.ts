import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { unwrap } from "../errors.ts";
import { describeCron } from "./describe.ts";
import { nextTick, previousTick, tickAtOrAfter, ticksBackFrom, ticksBetween, ticksFrom, type CronInZone } from "./next.ts";
import { parseCron } from "./parse.ts";
import { endOfGap, findZone, instantsOf } from "./zone.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

function schedule(cron: string, timezone = "UTC"): CronInZone {
  return { cron: unwrap(parseCron(cron)), zone: unwrap(findZone(timezone)) };
}

function ticks(...[cron, timezone, from, count]: [cron: string, timezone: string, from: string, count: number]): string[] {
  const found: string[] = [];
  for (const tick of ticksFrom(schedule(cron, timezone), Date.parse(from))) {
    if (found.length >= count) break;
    found.push(new Date(tick).toISOString().slice(5, 16));
  }
  return found;
}

describe("parseCron", () => {
  it.each([
    "* * * * *",
    "@daily",
    "@HOURLY",
    "0 2 * * mon-fri",
    "0 22-2 * * *",
    "5/15 * * * *",
    "0 0 L * *",
    "0 0 * * fri#2",
    "0 0 * * L5",
    "0 0 ? jan,jul ?",
    "0 0 1 * 1",
    "0 0 * * 5-7",
    "0 0 29 2 *",
  ])("accepts %s", (text) => {
    expect(parseCron(text).ok).toBe(true);
  });

  it.each([
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "0 0 0 * *",
    "0 0 32 * *",
    "0 0 31 2 *",
    "0 0 31 4,6 *",
    "a * * * *",
    "*/0 * * * *",
    "1-2-3 * * * *",
    "@never",
    "0 0 * * 8",
    "0 0 * * fri#6",
    "1,,2 * * * *",
    "-1 * * * *",
  ])("refuses %j and says why", (text) => {
    expect(parseCron(text)).toMatchObject({ ok: false, error: { code: "invalid_input", message: expect.stringContaining("cron") } });
  });

  it("reads seven as Sunday, and ranges around the end of the week", () => {
    expect(unwrap(parseCron("0 0 * * 7")).weekdays?.numbers).toEqual([0]);
    expect(unwrap(parseCron("0 0 * * 5-7")).weekdays?.numbers).toEqual([0, 5, 6]);
    expect(unwrap(parseCron("0 0 * * sat-mon")).weekdays?.numbers).toEqual([0, 1, 6]);
    expect(unwrap(parseCron("0 0 * * 0-7")).weekdays).toBeNull();
    expect(unwrap(parseCron("0 11-11 * * *")).hours).toEqual([11]);
  });

  it("refuses an expression longer than any that makes sense", () => {
    expect(parseCron(`${"0,".repeat(500_000)}0 * * * *`)).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });
});

describe("ticks around a change of the clock", () => {
  it("a wall time that does not exist moves to the gap's end", () => {
    expect(ticks("30 2 * * *", "America/Los_Angeles", "2024-03-09T00:00Z", 3)).toEqual(["03-09T10:30", "03-10T10:00", "03-11T09:30"]);
  });

  it("fires a repeated wall time once, the second time", () => {
    expect(ticks("30 1 * * *", "America/Los_Angeles", "2024-11-02T12:00Z", 2)).toEqual(["11-03T09:30", "11-04T09:30"]);
  });

  it("a star as hour runs through the day hour by hour", () => {
    expect(ticks("0 * * * *", "America/Los_Angeles", "2024-03-10T08:00Z", 4)).toEqual([
      "03-10T08:00",
      "03-10T09:00",
      "03-10T10:00",
      "03-10T11:00",
    ]);
    expect(ticks("15 * * * *", "America/Los_Angeles", "2024-11-03T08:00Z", 4)).toEqual([
      "11-03T08:15",
      "11-03T09:15",
      "11-03T10:15",
      "11-03T11:15",
    ]);
  });

  it("knows changes at midnight, of half an hour and of two hours", () => {
    expect(ticks("0 0 * * *", "Asia/Beirut", "2024-03-30T00:00Z", 2)).toEqual(["03-30T22:00", "03-31T21:00"]);
    expect(ticks("15 2 * * *", "Australia/Lord_Howe", "2024-10-05T12:00Z", 1)).toEqual(["10-05T15:30"]);
    expect(ticks("30 1 * * *", "Antarctica/Troll", "2024-03-31T00:00Z", 1)).toEqual(["03-31T01:00"]);
  });

  it("a repeated midnight fires once and late, also in half-hour zones", () => {
    expect(ticks("0 0 * * *", "America/Havana", "2025-11-02T00:00Z", 2)).toEqual(["11-02T05:00", "11-03T05:00"]);
    expect(ticks("44-54/10 * * * *", "Australia/Lord_Howe", "2025-04-07T19:17Z", 2)).toEqual(["04-07T19:24", "04-07T20:14"]);
  });

  it("begins with the leap day that it is asked from", () => {
    expect(ticks("0 0 29 2 *", "UTC", "2028-02-29T00:00Z", 2)).toEqual(["02-29T00:00", "02-29T00:00"]);
    expect(new Date(tickAtOrAfter(schedule("0 0 29 2 *"), Date.UTC(2028, 1, 29)) ?? 0).getUTCFullYear()).toBe(2028);
  });

  it("keeps order where two days interleave", () => {
    const found = ticks("*/30 * * * *", "America/St_Johns", "2010-11-07T01:00Z", 12);
    expect(found).toEqual(found.toSorted());
  });

  it("finds the instants of a wall time", () => {
    const zone = unwrap(findZone("Europe/Berlin"));
    expect(instantsOf(zone, Date.UTC(2025, 9, 26, 2, 30)).map((at) => new Date(at).getUTCHours())).toEqual([0, 1]);
    expect(instantsOf(zone, Date.UTC(2025, 2, 30, 2, 30))).toEqual([]);
    expect(endOfGap(zone, Date.UTC(2025, 2, 30, 2, 30))).toBe(Date.UTC(2025, 2, 30, 1));
  });
});

describe("searching ticks", () => {
  it("treats day of month and day of week as alternatives", () => {
    expect(ticks("0 0 1 * 1", "UTC", "2024-02-29T12:00Z", 3)).toEqual(["03-01T00:00", "03-04T00:00", "03-11T00:00"]);
  });

  it("only a star means any day, as in the reference", () => {
    const days = (day: string, weekday: string) =>
      ticks(`0 0 ${day} * ${weekday}`, "UTC", "2025-06-01T00:00Z", 4).map((tick) => Number(tick.slice(3, 5)));
    for (const all of ["0-6", "1-7", "*/1", "sun-sat", "6-5"]) expect(days("20", all)).toEqual([1, 2, 3, 4]);
    for (const star of ["*", "?", "*,1"]) expect(days("20", star)).toEqual([20, 20, 20, 20]);
    for (const all of ["1-31", "*/1"]) expect(days(all, "1")).toEqual([1, 2, 3, 4]);
    expect(days("*/2", "0-6")).toEqual([1, 3, 5, 7]);
    expect(days("*/2", "1")).toEqual([1, 2, 3, 5]);
    expect(days("*", "1")).toEqual([2, 9, 16, 23]);
  });

  it("finds the last and the n-th day", () => {
    expect(ticks("0 0 L * *", "UTC", "2024-01-30T00:00Z", 3)).toEqual(["01-31T00:00", "02-29T00:00", "03-31T00:00"]);
    expect(ticks("0 0 * * fri#2", "UTC", "2023-11-01T00:00Z", 2)).toEqual(["11-10T00:00", "12-08T00:00"]);
    expect(ticks("0 0 * * L5", "UTC", "2024-01-01T00:00Z", 2)).toEqual(["01-26T00:00", "02-23T00:00"]);
  });

  it("waits for a leap year, also across 2100", () => {
    expect(new Date(nextTick(schedule("0 0 29 2 *"), Date.UTC(2096, 2, 1)) ?? 0).getUTCFullYear()).toBe(2104);
  });

  it("distinguishes at, after and before", () => {
    const daily = schedule("0 0 * * *");
    const midnight = Date.UTC(2025, 0, 2);
    expect(tickAtOrAfter(daily, midnight)).toBe(midnight);
    expect(nextTick(daily, midnight)).toBe(midnight + 86_400_000);
    expect(previousTick(daily, midnight)).toBe(midnight - 86_400_000);
    expect(ticksBetween(daily, { from: midnight, to: midnight + 5 * 86_400_000, limit: 2 })).toEqual([
      midnight + 3 * 86_400_000,
      midnight + 4 * 86_400_000,
    ]);
  });

  it("refuses an unknown time zone by name", () => {
    expect(findZone("Mars/Olympus")).toMatchObject({ ok: false, error: { message: expect.stringContaining("Mars/Olympus") } });
  });

  it("gives the same ticks backwards as forwards", () => {
    const zones = fc.constantFrom(
      "UTC",
      "America/New_York",
      "Europe/Berlin",
      "Australia/Lord_Howe",
      "Asia/Beirut",
      "America/St_Johns",
      "Antarctica/Troll",
      "Africa/Casablanca",
    );
    const crons = fc.constantFrom("0 * * * *", "*/20 1,2 * * *", "30 0 * * 1-5", "0 0,2 1 * *", "15 23 L * *", "0 */3 * * *");
    fc.assert(
      fc.property(zones, crons, fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2035, 0) }), (zone, cron, from) => {
        const inZone = schedule(cron, zone);
        const forwards: number[] = [];
        for (const tick of ticksFrom(inZone, from)) if (forwards.push(tick) >= 60) break;
        const backwards: number[] = [];
        for (const tick of ticksBackFrom(inZone, forwards.at(-1) ?? 0)) if (backwards.push(tick) >= 60) break;
        expect(backwards.toReversed()).toEqual(forwards);
        expect(forwards).toEqual([...new Set(forwards)].toSorted((a, b) => a - b));
      }),
      { seed: 21, numRuns: propertyRuns(150) },
    );
  });
});

describe("describeCron", () => {
  it.each([
    ["0 2 * * *", "every day at 02:00"],
    ["@hourly", "every hour"],
    ["15 * * * *", "every hour at minute 15"],
    ["*/15 * * * *", "every 15 minutes"],
    ["* * * * *", "every minute"],
    ["0 */6 * * *", "every 6 hours"],
    ["30 9 * * 1-5", "on weekdays at 09:30"],
    ["0 0 * * 0", "on Sunday at 00:00"],
    ["0 6,18 * * *", "every day at 06:00 and 18:00"],
    ["0 0 1 * *", "on day 1 of the month at 00:00"],
    ["0 0 L 1,7 *", "on the last day of the month in January and July at 00:00"],
    ["0 0 * * fri#2", "on the second Friday of the month at 00:00"],
    ["*/10 8-17 * * 1-5", "every 10 minutes of hours 8 to 17, on weekdays"],
  ])("says %s as: %s", (text, expected) => {
    expect(describeCron(unwrap(parseCron(text)))).toBe(expected);
  });
});
