import { describe, expect, it } from "vitest";
import type { StaleCause } from "../domain/health/staleness.ts";
import { formatStaleCauses } from "./staleness.ts";

const NOW = 3_600_000;
const changed = { type: "data", asset: "b", dependency: "a", at: NOW - 12 * 60_000 } as const;
const failed = { type: "upstream_failed", asset: "b", dependency: "a", at: NOW - 60_000 } as const;

describe("the sentence about a stale asset", () => {
  it.each<[string, StaleCause[]]>([
    ["a changed 12 min ago", [changed]],
    ["a failed 1 min ago", [failed]],
    ["a changed 12 min ago (read by 1 partition)", [{ ...changed, partitions: 1 }]],
    ["its code changed since the last materialization", [{ type: "code", asset: "b" }]],
    ["a changed 12 min ago, above b", [{ type: "upstream", asset: "c", dependency: "b", root: changed }]],
    ["the code of b above it changed", [{ type: "upstream", asset: "c", dependency: "b", root: { type: "code", asset: "b" } }]],
    ["its code changed since the last materialization, and 1 other cause", [{ type: "code", asset: "b" }, changed]],
    ["a changed 12 min ago, and 2 other causes", [changed, failed, changed]],
    ["", []],
  ])("says: %s", (sentence, causes) => {
    expect(formatStaleCauses(causes, NOW)).toBe(sentence);
  });
});
