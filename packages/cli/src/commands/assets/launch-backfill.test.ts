import { describe, expect, it } from "vitest";
import { partitionsOf } from "./launch-backfill.ts";

describe("the partitions of a backfill", () => {
  it("are single keys, a range, or those in a state", () => {
    expect(partitionsOf({ key: ["a", "b"] })).toEqual({ type: "keys", keys: ["a", "b"] });
    expect(partitionsOf({ key: [], from: "2025-01-01", to: "2025-01-31" })).toEqual({
      type: "range",
      first: "2025-01-01",
      last: "2025-01-31",
    });
    expect(partitionsOf({ key: [], all: true })).toEqual({ type: "all" });
    expect(partitionsOf({ key: [], missing: true, from: "2025-01-01" })).toEqual({ type: "missing", first: "2025-01-01" });
    expect(partitionsOf({ key: [], failed: true })).toEqual({ type: "failed" });
    expect(partitionsOf({ key: [], missing: true, failed: true })).toEqual({ type: "missing_or_failed" });
    expect(partitionsOf({ key: [], stale: true, to: "2025-01-31" })).toEqual({ type: "stale", last: "2025-01-31" });
  });

  it("must be chosen, in one way", () => {
    expect(() => partitionsOf({ key: [] })).toThrow(
      "Choose the partitions with --from and --to, --key, --missing, --failed, --stale or --all.",
    );
    expect(() => partitionsOf({ key: [], from: "2025-01-01" })).toThrow("Choose the partitions");
    expect(() => partitionsOf({ key: ["a"], all: true })).toThrow("--key cannot be combined");
    expect(() => partitionsOf({ key: [], stale: true, failed: true })).toThrow("--stale cannot be combined");
  });
});
