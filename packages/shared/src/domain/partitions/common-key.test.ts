/** Tests which partitions definitions can have a key in common. */
import { describe, expect, it } from "vitest";
import { haveCommonKey } from "./common-key.ts";
import type { MultiPartitions, PartitionsDefinition, TimeWindowPartitions } from "./definition.ts";

const time = (cadence: TimeWindowPartitions["cadence"], more: Partial<TimeWindowPartitions> = {}): TimeWindowPartitions => ({
  type: "time",
  cadence,
  start: cadence === "hourly" ? "2025-01-01-00:00" : "2025-01-01",
  ...more,
});
const fixed = (...keys: string[]) => ({ type: "static", keys }) as const;
const combined = (...partitions: MultiPartitions["dimensions"][number]["partitions"][]): MultiPartitions => ({
  type: "multi",
  dimensions: partitions.map((one, index) => ({ name: `d${index}`, partitions: one })),
});
const dynamic = { type: "dynamic", name: "files" } as const;

const CASES: readonly (readonly [string, PartitionsDefinition, PartitionsDefinition, boolean])[] = [
  ["days and later days", time("daily"), time("daily", { start: "2026-06-01" }), true],
  ["days in two zones", time("daily"), time("daily", { timezone: "Asia/Kolkata" }), true],
  ["days and weeks", time("daily"), time("weekly"), true],
  ["weeks and months", time("weekly"), time("monthly"), true],
  ["days and hours", time("daily"), time("hourly"), false],
  ["days in two formats", time("daily"), time("daily", { format: "%Y%m%d", start: "20250101" }), false],
  ["weeks that begin on two days", time("weekly", { dayOffset: 1 }), time("weekly", { dayOffset: 2 }), false],
  ["keys that overlap", fixed("a", "b"), fixed("b", "c"), true],
  ["keys that do not overlap", fixed("a"), fixed("b"), false],
  ["a day among keys", fixed("a", "2025-03-01"), time("daily"), true],
  ["keys that are no days", time("daily"), fixed("eu"), false],
  ["dynamic keys and days", dynamic, time("daily"), true],
  ["a combination and days", combined(time("daily"), fixed("eu")), time("daily"), false],
  ["the same combination", combined(time("daily"), fixed("eu")), combined(time("daily"), fixed("eu", "us")), true],
  ["combinations without a common key", combined(time("daily"), fixed("eu")), combined(time("daily"), fixed("us")), false],
  ["combinations of different sizes", combined(fixed("a"), fixed("b")), combined(fixed("a"), fixed("b"), fixed("c")), false],
];

describe("a common key", () => {
  it.each(CASES)("a common key of %s is found if there can be one", (_, a, b, expected) => {
    expect([haveCommonKey(a, b), haveCommonKey(b, a)]).toEqual([expected, expected]);
  });
});
