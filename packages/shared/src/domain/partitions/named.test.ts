import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import type { PartitionsDefinition } from "./definition.ts";
import { resolvePartitionKey, resolvePartitions } from "./named.ts";
import { openPartitions } from "./partition-set.ts";

const now = Date.UTC(2025, 0, 10, 12);
const open = (definition: PartitionsDefinition) => unwrap(openPartitions(definition, { now }));
const daily = open({ type: "time", cadence: "daily", start: "2025-01-01" });
const ahead = open({ type: "time", cadence: "daily", start: "2025-01-01", endOffset: 1 });

describe("the words last and current", () => {
  it("mean the last window that ended and the one that now lies in", () => {
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
