import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import type { MultiPartitions, PartitionsDefinition, TimeWindowPartitions } from "./definition.ts";
import { keyAtInstant, latestKey, openPartitions, pageOfKeys, parsePartitionRange, splitKey, type PartitionSet } from "./partition-set.ts";
import { rangesOf } from "./subset.ts";

const LA = "America/Los_Angeles";

function open(definition: PartitionsDefinition, now: string, dynamic: readonly string[] = []): PartitionSet {
  return unwrap(openPartitions(definition, { now: Date.parse(now), dynamicKeys: () => dynamic }));
}

function time(cadence: TimeWindowPartitions["cadence"], start: string, extra: Partial<TimeWindowPartitions> = {}): TimeWindowPartitions {
  return { type: "time", cadence, start, ...extra };
}

function allKeys(set: PartitionSet): string {
  return pageOfKeys(set, 0, set.count).join(" ");
}

const NOW = "2024-03-12T10:30Z";
const daily = (extra: Partial<TimeWindowPartitions> = {}, start = "2024-03-08") => time("daily", start, extra);
const cron = (expression: string, start: string, extra: Partial<TimeWindowPartitions> = {}) =>
  time("cron", start, { cron: expression, ...extra });
const MINUTES = { format: "%Y-%m-%d-%H:%M" };

describe("time window partitions, as in the reference", () => {
  it.each<[string, TimeWindowPartitions, string, string]>([
    ["daily", daily(), NOW, "2024-03-08 2024-03-09 2024-03-10 2024-03-11"],
    ["at exactly midnight", daily(), "2024-03-12T00:00Z", "2024-03-08 2024-03-09 2024-03-10 2024-03-11"],
    ["just before midnight", daily(), "2024-03-11T23:59:59.999Z", "2024-03-08 2024-03-09 2024-03-10"],
    ["end offset 1", daily({ endOffset: 1 }), NOW, "2024-03-08 2024-03-09 2024-03-10 2024-03-11 2024-03-12"],
    ["end offset -2", daily({ endOffset: -2 }), NOW, "2024-03-08 2024-03-09"],
    ["end offset 1 before the start's end", daily({ endOffset: 1 }, "2024-03-12"), NOW, "2024-03-12"],
    ["end offset 2 before the start", daily({ endOffset: 2 }, "2024-03-13"), NOW, "2024-03-13"],
    ["end offset that does not reach the start", daily({ endOffset: 1 }, "2024-03-14"), NOW, ""],
    ["start today", daily({}, "2024-03-12"), NOW, ""],
    ["end in the past", daily({ end: "2024-03-10" }), NOW, "2024-03-08 2024-03-09"],
    ["end in the past with offset", daily({ end: "2024-03-10", endOffset: 1 }), NOW, "2024-03-08 2024-03-09"],
    ["end long past with a negative offset", daily({ end: "2024-03-10", endOffset: -1 }), NOW, "2024-03-08 2024-03-09"],
    ["end just past with a negative offset", daily({ end: "2024-03-11", endOffset: -2 }), NOW, "2024-03-08 2024-03-09"],
    [
      "end in the future with offset",
      daily({ end: "2024-03-13", endOffset: 2 }),
      NOW,
      "2024-03-08 2024-03-09 2024-03-10 2024-03-11 2024-03-12",
    ],
    ["end at start", daily({ end: "2024-03-08" }), NOW, ""],
    ["hour offset not yet reached", daily({ minuteOffset: 15, hourOffset: 11 }), NOW, "2024-03-08 2024-03-09 2024-03-10"],
    ["start within a day", daily({}, "2024-03-08T05:00"), NOW, "2024-03-09 2024-03-10 2024-03-11"],
    [
      "a repeated hour",
      time("hourly", "2024-11-03-00:00", { timezone: LA }),
      "2024-11-03T13:00Z",
      "2024-11-03-00:00 2024-11-03-01:00 2024-11-03-01:00-0800 2024-11-03-02:00 2024-11-03-03:00 2024-11-03-04:00",
    ],
    [
      "a missing hour",
      time("hourly", "2024-03-10-00:00", { timezone: LA }),
      "2024-03-10T13:00Z",
      "2024-03-10-00:00 2024-03-10-01:00 2024-03-10-03:00 2024-03-10-04:00 2024-03-10-05:00",
    ],
    [
      "a half-hour change",
      time("hourly", "2024-04-07-00:00", { timezone: "Australia/Lord_Howe" }),
      "2024-04-06T18:00Z",
      "2024-04-07-00:00 2024-04-07-01:00 2024-04-07-01:30+1030 2024-04-07-02:30 2024-04-07-03:30",
    ],
    [
      "Kathmandu",
      time("hourly", "2024-04-07-00:00", { timezone: "Asia/Kathmandu" }),
      "2024-04-07T00:00Z",
      "2024-04-07-00:00 2024-04-07-01:00 2024-04-07-02:00 2024-04-07-03:00 2024-04-07-04:00",
    ],
    [
      "St John's",
      time("hourly", "2024-11-03-00:00", { timezone: "America/St_Johns" }),
      "2024-11-03T08:00Z",
      "2024-11-03-00:00 2024-11-03-01:00 2024-11-03-01:00-0330 2024-11-03-02:00 2024-11-03-03:00",
    ],
    ["weekly on Monday", time("weekly", "2024-02-01", { dayOffset: 1 }), NOW, "2024-02-05 2024-02-12 2024-02-19 2024-02-26 2024-03-04"],
    ["weekly on day 7", time("weekly", "2024-02-01", { dayOffset: 7 }), NOW, "2024-02-04 2024-02-11 2024-02-18 2024-02-25 2024-03-03"],
    ["monthly", time("monthly", "2023-11-15"), NOW, "2023-12-01 2024-01-01 2024-02-01"],
    ["monthly on the 31st", time("monthly", "2023-11-01", { dayOffset: 31 }), NOW, "2023-12-31"],
    ["monthly with a short format", time("monthly", "2023-11-01", { format: "%Y-%m" }), NOW, "2023-11 2023-12 2024-01 2024-02"],
    [
      "every quarter of an hour over a repeated hour",
      cron("*/15 * * * *", "2024-11-03-00:45", { ...MINUTES, timezone: LA }),
      "2024-11-03T10:30Z",
      "2024-11-03-00:45 2024-11-03-01:00 2024-11-03-01:15 2024-11-03-01:30 2024-11-03-01:45 2024-11-03-01:00-0800 2024-11-03-01:15-0800 2024-11-03-01:30-0800 2024-11-03-01:45-0800 2024-11-03-02:00 2024-11-03-02:15",
    ],
    [
      "every second hour over a repeated hour",
      cron("0 */2 * * *", "2024-11-02-22:00", { ...MINUTES, timezone: LA }),
      "2024-11-03T16:00Z",
      "2024-11-02-22:00 2024-11-03-00:00 2024-11-03-02:00 2024-11-03-04:00 2024-11-03-06:00",
    ],
    ["weekdays", cron("0 0 * * 1-5", "2024-03-01"), NOW, "2024-03-01 2024-03-04 2024-03-05 2024-03-06 2024-03-07 2024-03-08 2024-03-11"],
    ["29 February", cron("0 0 29 2 *", "2016-01-01"), NOW, "2016-02-29 2020-02-29"],
    ["the last of the month", cron("0 0 L * *", "2023-11-01"), NOW, "2023-11-30 2023-12-31 2024-01-31"],
    [
      "excluded weekends",
      daily({ exclusions: ["0 0 * * 6,0"] }, "2024-03-01"),
      NOW,
      "2024-03-01 2024-03-04 2024-03-05 2024-03-06 2024-03-07 2024-03-08 2024-03-11",
    ],
    ["an excluded day", daily({ exclusions: ["2024-03-10"] }), NOW, "2024-03-08 2024-03-09 2024-03-11"],
  ])("%s", (...[, definition, now, expected]) => {
    const set = open(definition, now);
    expect(allKeys(set)).toBe(expected);
    for (let number = 0; number < set.count; number++) {
      const key = set.keyAt(number) ?? "";
      expect(set.numberOf(key)).toBe(number);
      const window = set.windowOf(key);
      expect(keyAtInstant(set, window?.start ?? 0)).toBe(key);
      expect(keyAtInstant(set, (window?.end ?? 0) - 1)).toBe(key);
    }
  });

  it("a missing window start moves to the gap's end, with its key", () => {
    const set = open(daily({ timezone: LA, hourOffset: 2, minuteOffset: 30 }), NOW);
    expect(set.windowOf("2024-03-10")).toEqual({ start: Date.parse("2024-03-10T10:00Z"), end: Date.parse("2024-03-11T09:30Z") });
  });

  it("takes only keys that it would write itself", () => {
    const set = open(daily(), NOW);
    expect(["2024-03-11", "2024-03-12", "2024-3-9", "foo", "2024-03-07", "2024-02-30"].map((key) => set.numberOf(key))).toEqual([
      3, -1, -1, -1, -1, -1,
    ]);
    expect(open(time("weekly", "2024-02-01"), NOW).numberOf("2024-02-05")).toBe(-1);
  });

  it("the neighbours of an excluded window stay apart", () => {
    const set = open(daily({ exclusions: ["2024-03-10"] }), NOW);
    expect(set.windowOf("2024-03-09")?.end).toBe(Date.parse("2024-03-10T00:00Z"));
    expect(keyAtInstant(set, Date.parse("2024-03-10T05:00Z"))).toBeNull();
  });

  it("counts a hundred years of minutes without listing them", () => {
    const set = open(cron("* * * * *", "2000-01-01", MINUTES), "2099-12-31T23:59Z");
    expect(set.count).toBe(52_595_999);
    expect(latestKey(set)).toBe("2099-12-31-23:58");
    expect(set.numberOf("2050-06-15-12:34")).toBe((Date.UTC(2050, 5, 15, 12, 34) - Date.UTC(2000, 0)) / 60_000);
  });

  it.each<[string, Partial<TimeWindowPartitions>]>([
    ["a zone that does not exist", { timezone: "Nowhere/Land" }],
    ["a format without a year", { format: "%m-%d" }],
    ["an unknown format code", { format: "%Y-%Q" }],
    ["a start in another format", { start: "yesterday" }],
    ["no cron", { cadence: "cron" }],
    ["an absurd end offset", { endOffset: 1_000_000 }],
    ["exclusions that leave nothing", { exclusions: ["@daily"] }],
    ["a broken cron", { cadence: "cron", cron: "x" }],
    ["a start that nobody can count from", { start: "1600-01-01" }],
    ["a start in another age", { start: "9000-01-01", endOffset: 10_000, cadence: "cron", cron: "0 0 29 2 1" }],
  ])("refuses %s", (_name, extra) => {
    expect(openPartitions({ ...daily(), ...extra }, { now: 0 })).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });
});

/** Each is listed in docs/internals/partitions.md. */
describe("time windows where the reference contradicts itself", () => {
  it("no window ends after the definition's end", () => {
    expect(open(daily({ hourOffset: 2, end: "2024-03-09" }), NOW).count).toBe(0);
  });

  it("begin at their keys on leap days", () => {
    const set = open(cron("0 0 29 2 *", "2020-01-01"), "2032-01-01T00:00Z");
    expect(allKeys(set)).toBe("2020-02-29 2024-02-29");
    expect(set.windowOf("2024-02-29")).toEqual({ start: Date.parse("2024-02-29T00:00Z"), end: Date.parse("2028-02-29T00:00Z") });
  });

  it("begin at the second of two equal times also at midnight", () => {
    const set = open(time("daily", "2024-11-02", { timezone: "America/Havana" }), "2024-11-05T00:00Z");
    expect(set.windowOf("2024-11-03")).toEqual({ start: Date.parse("2024-11-03T05:00Z"), end: Date.parse("2024-11-04T05:00Z") });
  });
});

describe("time windows that ask for much", () => {
  it("count minutes of which most are excluded", () => {
    const set = open(cron("* * * * *", "2024-01-01", { ...MINUTES, exclusions: ["* 0-22 * * *"] }), "2025-01-01T00:00Z");
    expect(set.count).toBe(366 * 60);
    expect(set.keyAt(60)).toBe("2024-01-02-23:00");
  });

  it("end where nothing is counted any more, however far an offset reaches", () => {
    const set = open(cron("0 0 1 1 *", "2024-01-01", { endOffset: 10_000 }), NOW);
    expect(latestKey(set)).toBe(`${2024 + set.count - 1}-01-01`);
  });
});

describe("listed partitions", () => {
  it("numbers static keys in their order, whatever they contain", () => {
    const set = open({ type: "static", keys: ["b", "a b", "x|y", ""] }, NOW);
    expect(set.count).toBe(4);
    expect(set.numberOf("x|y")).toBe(2);
    expect(set.keyAt(4)).toBeNull();
  });

  it("refuses duplicates and the separator of ranges", () => {
    expect(openPartitions({ type: "static", keys: ["a", "a"] }, { now: 0 })).toMatchObject({ ok: false });
    expect(openPartitions({ type: "static", keys: ["a...b"] }, { now: 0 })).toMatchObject({ ok: false });
  });

  it("takes dynamic keys from the caller", () => {
    expect(allKeys(open({ type: "dynamic", name: "files" }, NOW, ["one.csv", "two.csv"]))).toBe("one.csv two.csv");
  });
});

describe("multi-dimensional partitions", () => {
  const definition: MultiPartitions = {
    type: "multi",
    dimensions: [
      { name: "z", partitions: { type: "static", keys: ["1", "2"] } },
      { name: "a", partitions: daily({}, "2024-03-10") },
    ],
  };

  it("orders dimensions by name and lets the last vary fastest", () => {
    const set = open(definition, NOW);
    expect(allKeys(set)).toBe("2024-03-10|1 2024-03-10|2 2024-03-11|1 2024-03-11|2");
    expect(pageOfKeys(set, 1, 2)).toEqual(["2024-03-10|2", "2024-03-11|1"]);
    expect(set.numberOf("2024-03-11|1")).toBe(2);
    expect(splitKey(set, "2024-03-11|1")).toEqual({ a: "2024-03-11", z: "1" });
    expect(set.windowOf("2024-03-11|1")?.start).toBe(Date.parse("2024-03-11T00:00Z"));
    expect(set.keyAt(4)).toBeNull();
  });

  it("refuses keys that contain the separator of dimensions", () => {
    const wrong: MultiPartitions = {
      type: "multi",
      dimensions: [{ name: "x", partitions: { type: "static", keys: ["a|b"] } }, ...definition.dimensions],
    };
    expect(openPartitions(wrong, { now: 0 })).toMatchObject({ ok: false });
  });
});

describe("combinations beyond numbers", () => {
  it("too many combinations are refused", () => {
    const minutes = cron("* * * * *", "2000-01-01", MINUTES);
    const dimensions = ["a", "b", "c", "d"].map((name) => ({ name, partitions: minutes }));
    expect(openPartitions({ type: "multi", dimensions }, { now: Date.parse(NOW) })).toMatchObject({
      ok: false,
      error: { code: "too_large" },
    });
  });
});

describe("parsePartitionRange", () => {
  const set = open(daily(), NOW);

  it("reads one key and ranges that include both ends", () => {
    expect(rangesOf(unwrap(parsePartitionRange(set, "2024-03-09")))).toEqual([{ from: 1, to: 2 }]);
    expect(rangesOf(unwrap(parsePartitionRange(set, "2024-03-09...2024-03-11")))).toEqual([{ from: 1, to: 4 }]);
  });

  it("refuses unknown keys and says which there are", () => {
    expect(parsePartitionRange(set, "2024-03-09...2024-03-20")).toMatchObject({
      ok: false,
      error: { code: "not_found", message: expect.stringContaining("2024-03-20") },
    });
    expect(parsePartitionRange(set, "2024-03-11...2024-03-09")).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });
});
