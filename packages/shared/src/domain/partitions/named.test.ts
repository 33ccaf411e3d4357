import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import type { PartitionsDefinition } from "./definition.ts";
import { resolvePartitionKey, resolvePartitions } from "./named.ts";
import { openPartitions } from "./partition-set.ts";
import { numbersOf } from "./subset.ts";

const now = Date.UTC(2025, 0, 10, 12);
const open = (definition: PartitionsDefinition) => unwrap(openPartitions(definition, { now }));
const daily = open({ type: "time", cadence: "daily", start: "2025-01-01" });
const ahead = open({ type: "time", cadence: "daily", start: "2025-01-01", endOffset: 1 });

describe("the words last and current", () => {
  it("last is the window that ended, current the one around now", () => {
    expect(unwrap(resolvePartitionKey(daily, "last", now))).toBe("2025-01-09");
    expect(unwrap(resolvePartitionKey(daily, "current", now))).toBe("2025-01-10");
    expect(unwrap(resolvePartitionKey(ahead, "last", now))).toBe("2025-01-10");
  });

  it("work at the ends of a range", () => {
    expect(unwrap(resolvePartitions(daily, "2025-01-05...last", now))).toEqual([4, 9]);
    expect(unwrap(resolvePartitions(daily, "last", now))).toEqual([8, 9]);
    expect(unwrap(resolvePartitions(ahead, "last...current", now))).toEqual([9, 10]);
  });

  it("yield to a key of that name", () => {
    const words = open({ type: "static", keys: ["last", "first"] });
    expect(unwrap(resolvePartitionKey(words, "last", now))).toBe("last");
  });

  it.each([
    ["current", "invalid_input"],
    ["nothing", "not_found"],
    ["a...b...c", "not_found"],
  ])("%s is refused where it means nothing", (text, code) => {
    const keys = open({ type: "static", keys: ["a", "b"] });
    const result = resolvePartitions(keys, text, now);
    expect(result.ok ? null : result.error.code).toBe(code);
  });

  it("refuse an empty set", () => {
    expect(resolvePartitionKey(open({ type: "static", keys: [] }), "last", now).ok).toBe(false);
  });
});

describe("a range over several dimensions", () => {
  const regions = { type: "static", keys: ["eu", "uk", "us"] } as const;
  const days = { type: "time", cadence: "daily", start: "2025-01-01" } as const;
  const both = open({
    type: "multi",
    dimensions: [
      { name: "day", partitions: days },
      { name: "region", partitions: regions },
    ],
  });
  const keysOf = (text: string) => {
    const found = resolvePartitions(both, text, now);
    return found.ok ? [...numbersOf(found.value)].map((number) => both.keyAt(number)) : found.error;
  };

  it("a range applies to each dimension", () => {
    expect(keysOf("2025-01-02|us...2025-01-03|us")).toEqual(["2025-01-02|us", "2025-01-03|us"]);
    expect(keysOf("2025-01-02|eu...2025-01-03|uk")).toEqual(["2025-01-02|eu", "2025-01-02|uk", "2025-01-03|eu", "2025-01-03|uk"]);
    expect(keysOf("2025-01-08|us...last|us")).toEqual(["2025-01-08|us", "2025-01-09|us"]);
  });

  it("a reversed range or an unknown key is refused with its dimension", () => {
    expect(keysOf("2025-01-03|eu...2025-01-02|us")).toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/^Dimension day: .* ends before it begins/) as string,
    });
    expect(keysOf("2025-01-02|eu...2025-01-03|mars")).toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/^Dimension region: There is no partition "mars"/) as string,
    });
    expect(keysOf("2025-01-02...2025-01-03|us")).toMatchObject({ code: "not_found" });
  });
});
