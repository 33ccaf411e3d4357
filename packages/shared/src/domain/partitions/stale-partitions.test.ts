import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import type { PartitionMapping, PartitionsDefinition } from "./definition.ts";
import { openPartitions } from "./partition-set.ts";
import { readersOf, staleAfterBuild } from "./stale-partitions.ts";

const NOW = Date.UTC(2030, 0, 11);
const open = (definition: PartitionsDefinition) => unwrap(openPartitions(definition, { now: NOW }));
const daily = open({ type: "time", cadence: "daily", start: "2030-01-01" });
const hourly = open({ type: "time", cadence: "hourly", start: "2030-01-01" });
const regions = open({ type: "static", keys: ["emea", "apac"] });
const regionDay = open({
  type: "multi",
  dimensions: [
    { name: "day", partitions: { type: "time", cadence: "daily", start: "2030-01-01" } },
    { name: "region", partitions: { type: "static", keys: ["emea", "apac"] } },
  ],
});
const yesterday: PartitionMapping = { type: "time_window", startOffset: -1, endOffset: -1 };

describe("stale partitions", () => {
  it.each<[string, Parameters<typeof readersOf>[0], number[], number[], number[]]>([
    ["the same day", { upstream: daily, downstream: daily }, [2, 3], [0, 10], [2, 3]],
    ["only materialized days", { upstream: daily, downstream: daily }, [2, 5], [0, 3], [2, 3]],
    ["the day of a changed hour", { upstream: hourly, downstream: daily }, [25, 26], [0, 10], [1, 2]],
    ["all hours of a changed day", { upstream: daily, downstream: hourly }, [1, 2], [0, 240], [24, 48]],
    ["the day after, with an offset", { upstream: daily, downstream: daily, mapping: yesterday }, [2, 3], [0, 10], [3, 4]],
    ["a region of each day", { upstream: regions, downstream: regionDay }, [0, 1], [0, 4], [0, 1, 2, 3]],
    ["all days of an asset without partitions", { upstream: null, downstream: daily }, [0, 1], [0, 4], [0, 4]],
    ["all for the last partition", { upstream: daily, downstream: regions, mapping: { type: "last" } }, [9, 10], [0, 2], [0, 2]],
    ["none for another than the last", { upstream: daily, downstream: regions, mapping: { type: "last" } }, [8, 9], [0, 2], []],
  ])("a change makes stale %s", (_name, sides, changed, materialized, stale) => {
    expect(unwrap(readersOf(sides, { changed, materialized }))).toEqual(stale);
  });

  it("a partition is fresh again after it was built", () => {
    expect(staleAfterBuild([2, 6], { built: [3, 4], unseen: [] })).toEqual([2, 3, 4, 6]);
  });

  it("a partition stays stale if its step could not see the change", () => {
    expect(staleAfterBuild([2, 6], { built: [3, 4], unseen: [0, 10] })).toEqual([2, 6]);
    expect(staleAfterBuild([], { built: [3, 4], unseen: [3, 9] })).toEqual([3, 4]);
  });
});
