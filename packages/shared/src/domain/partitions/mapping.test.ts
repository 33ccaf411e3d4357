import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { unwrap } from "../errors.ts";
import type { PartitionMapping, PartitionsDefinition } from "./definition.ts";
import { downstreamPartitions, inferMapping, upstreamPartitions } from "./mapping.ts";
import { openPartitions, type PartitionSet } from "./partition-set.ts";
import { includes, numbersOf } from "./subset.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

const NOW = Date.parse("2024-03-12T10:30Z");
const open = (definition: PartitionsDefinition): PartitionSet => unwrap(openPartitions(definition, { now: NOW }));
const time = (cadence: "hourly" | "daily" | "weekly" | "monthly", start: string, timezone?: string): PartitionsDefinition => ({
  type: "time",
  cadence,
  start,
  timezone,
});
const sets = {
  day: open(time("daily", "2024-03-01")),
  day5: open(time("daily", "2024-03-05")),
  hour: open(time("hourly", "2024-03-01-00:00")),
  week: open(time("weekly", "2024-02-01")),
  month: open(time("monthly", "2024-01-01")),
  la: open(time("daily", "2024-03-01", "America/Los_Angeles")),
  abc: open({ type: "static", keys: ["a", "b", "c"] }),
  bcd: open({ type: "static", keys: ["b", "c", "d"] }),
  multi: open({
    type: "multi",
    dimensions: [
      { name: "day", partitions: time("daily", "2024-03-01") as PartitionsDefinition & { type: "time" } },
      { name: "s", partitions: { type: "static", keys: ["a", "b", "c"] } },
    ],
  }),
};
type SetName = keyof typeof sets;

function keys(set: PartitionSet, subset: Iterable<number>): string {
  const all = [...subset].map((number) => set.keyAt(number) ?? "?");
  return all.length > 8 ? `${all.slice(0, 2).join(" ")} ..${all.length}.. ${all.at(-1) ?? ""}` : all.join(" ");
}

type Case = readonly [downstream: SetName, upstream: SetName, key: string, mapping?: PartitionMapping | undefined];

function up(...[downstream, upstream, key, mapping]: Case): string {
  const [from, to] = [sets[downstream], sets[upstream]];
  const number = from.numberOf(key);
  expect(number).toBeGreaterThanOrEqual(0);
  const result = upstreamPartitions({ upstream: to, downstream: from, mapping }, [number, number + 1]);
  if (!result.ok) return "error";
  return keys(to, numbersOf(result.value.subset)) + (result.value.missing.length > 0 ? ` missing ${result.value.missing.join(" ")}` : "");
}

function down(...[downstream, upstream, key, mapping]: Case): string {
  const [to, from] = [sets[downstream], sets[upstream]];
  const number = from.numberOf(key);
  return keys(to, numbersOf(unwrap(downstreamPartitions({ upstream: from, downstream: to, mapping }, [number, number + 1]))));
}

const window = (startOffset: number, endOffset = 0): PartitionMapping => ({ type: "time_window", startOffset, endOffset });

describe("upstreamPartitions", () => {
  it.each<[SetName, SetName, string, PartitionMapping | undefined, string]>([
    ["day", "day", "2024-03-05", window(-1), "2024-03-04 2024-03-05"],
    ["day", "day", "2024-03-05", window(-1, -1), "2024-03-04"],
    ["day", "day", "2024-03-01", window(-1, -1), ""],
    ["day", "day", "2024-03-02", window(-3), "2024-03-01 2024-03-02"],
    ["day", "day", "2024-03-05", window(0, 1), "2024-03-05 2024-03-06"],
    ["day", "day", "2024-03-11", window(0, 1), "2024-03-11"],
    ["day", "hour", "2024-03-05", undefined, "2024-03-05-00:00 2024-03-05-01:00 ..24.. 2024-03-05-23:00"],
    ["hour", "day", "2024-03-05-09:00", undefined, "2024-03-05"],
    ["hour", "day", "2024-03-12-09:00", undefined, " missing 2024-03-12"],
    ["day", "week", "2024-03-05", undefined, "2024-03-03"],
    ["day", "week", "2024-03-11", undefined, " missing 2024-03-10"],
    ["week", "day", "2024-03-03", undefined, "2024-03-03 2024-03-04 2024-03-05 2024-03-06 2024-03-07 2024-03-08 2024-03-09"],
    ["month", "week", "2024-02-01", undefined, "2024-02-04 2024-02-11 2024-02-18 2024-02-25 missing 2024-01-28"],
    ["week", "month", "2024-02-25", undefined, "2024-02-01 missing 2024-03-01"],
    ["day", "day5", "2024-03-06", undefined, "2024-03-06"],
    ["day", "day5", "2024-03-03", undefined, " missing 2024-03-03"],
    ["day", "la", "2024-03-05", undefined, "error"],
    ["abc", "bcd", "b", undefined, "b"],
    ["abc", "bcd", "a", undefined, " missing a"],
    ["abc", "day", "a", { type: "last" }, "2024-03-11"],
    ["abc", "bcd", "a", { type: "specific", keys: ["d", "x"] }, "d missing x"],
    ["bcd", "abc", "c", { type: "static", downstreamByUpstream: { a: ["b"], b: ["c", "d"] } }, "b"],
    ["abc", "bcd", "a", { type: "all" }, "b c d"],
    ["multi", "day", "2024-03-05|b", undefined, "2024-03-05"],
    ["day", "multi", "2024-03-05", undefined, "2024-03-05|a 2024-03-05|b 2024-03-05|c"],
    ["multi", "abc", "2024-03-05|b", { type: "dimension", dimension: "s" }, "b"],
    ["abc", "multi", "b", undefined, "2024-03-01|b 2024-03-02|b ..11.. 2024-03-11|b"],
    ["multi", "hour", "2024-03-05|b", undefined, "2024-03-05-00:00 2024-03-05-01:00 ..24.. 2024-03-05-23:00"],
    ["multi", "day", "2024-03-05|b", { type: "dimension", dimension: "nope" }, "error"],
    ["abc", "day", "a", window(0), "error"],
  ])("%s <- %s %s %j: %s", (...[downstream, upstream, key, mapping, expected]) => {
    expect(up(downstream, upstream, key, mapping)).toBe(expected);
  });

  it("stops moving at the ends, however far the offsets point", () => {
    expect(up("day", "hour", "2024-03-05", window(-1e9, 1e9))).toBe("2024-03-01-00:00 2024-03-01-01:00 ..274.. 2024-03-12-09:00");
  });

  it("windows that do not exist can be forgiven", () => {
    expect(up("day", "day5", "2024-03-03", { type: "time_window", allowNonexistentUpstream: true })).toBe("");
  });

  it("gives an unpartitioned asset everything, and needs nothing of one", () => {
    expect(unwrap(upstreamPartitions({ upstream: sets.abc, downstream: null }, []))).toEqual({ subset: [0, 3], missing: [] });
    expect(unwrap(upstreamPartitions({ upstream: null, downstream: sets.abc }, [0, 1]))).toEqual({ subset: [], missing: [] });
  });
});

describe("downstreamPartitions", () => {
  it.each<[SetName, SetName, string, PartitionMapping | undefined, string]>([
    ["day", "hour", "2024-03-05-07:00", undefined, "2024-03-05"],
    ["hour", "day", "2024-03-05", undefined, "2024-03-05-00:00 2024-03-05-01:00 ..24.. 2024-03-05-23:00"],
    ["day", "day", "2024-03-05", window(-1), "2024-03-05 2024-03-06"],
    ["day", "day", "2024-03-11", window(-1), "2024-03-11"],
    ["abc", "bcd", "b", undefined, "b"],
    ["abc", "day", "2024-03-11", { type: "last" }, "a b c"],
    ["abc", "day", "2024-03-10", { type: "last" }, ""],
    ["bcd", "abc", "b", { type: "static", downstreamByUpstream: { a: ["b"], b: ["c", "d"] } }, "c d"],
    ["multi", "day", "2024-03-05", undefined, "2024-03-05|a 2024-03-05|b 2024-03-05|c"],
    ["day", "multi", "2024-03-05|a", undefined, "2024-03-05"],
  ])("%s <- %s %s %j: %s", (...[downstream, upstream, key, mapping, expected]) => {
    expect(down(downstream, upstream, key, mapping)).toBe(expected);
  });

  it("exactly the windows that need the upstream one are found", () => {
    const names = fc.constantFrom<SetName>("day", "day5", "hour", "week", "month");
    fc.assert(
      fc.property(
        fc.tuple(names, names, fc.integer({ min: -2, max: 2 }), fc.nat(3), fc.nat(200)),
        ([downstream, upstream, startOffset, length, drawn]) => {
          const [to, from] = [sets[downstream], sets[upstream]];
          const mapping = window(startOffset, Math.min(2, startOffset + length));
          const number = drawn % from.count;
          const affected = unwrap(downstreamPartitions({ upstream: from, downstream: to, mapping }, [number, number + 1]));
          for (let own = 0; own < Math.min(to.count, 60); own++) {
            const needed = unwrap(upstreamPartitions({ upstream: from, downstream: to, mapping }, [own, own + 1])).subset;
            // Moving stops at the bounds of the upstream side, so what is needed must be found, but near the ends more may be.
            if (includes(needed, number)) expect(includes(affected, own)).toBe(true);
          }
        },
      ),
      { seed: 33, numRuns: propertyRuns(200) },
    );
  });
});

describe("inferMapping", () => {
  const definition = (name: SetName) => sets[name].definition;

  it.each<[SetName | null, SetName | null, PartitionMapping]>([
    ["day", "day", { type: "time_window" }],
    ["day", "hour", { type: "time_window" }],
    ["day", null, { type: "all" }],
    [null, "day", { type: "all" }],
    ["abc", "day", { type: "identity" }],
    ["multi", "day", { type: "dimension", dimension: "day" }],
    ["day", "multi", { type: "dimension", dimension: "day" }],
    ["multi", "abc", { type: "dimension", dimension: "s" }],
    ["multi", "multi", { type: "identity" }],
    ["abc", "bcd", { type: "identity" }],
  ])("%s <- %s: %j", (downstream, upstream, expected) => {
    expect(inferMapping(downstream ? definition(downstream) : undefined, upstream ? definition(upstream) : undefined)).toEqual(expected);
  });
});
