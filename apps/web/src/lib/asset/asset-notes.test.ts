import { describe, expect, it } from "vitest";
import { assetState } from "../../../test/fixture-data.ts";
import { assetNotes } from "./asset-notes.ts";

const ref = { org: "acme", name: "prod" };
const NOW = 3_600_000;
const textsOf = (change: Parameters<typeof assetState>[1], causes: Parameters<typeof assetNotes>[0]["causes"] = []) =>
  assetNotes({ state: assetState("gold/orders", change), causes, ref, now: NOW }).map(({ tone, text }) => `${tone}: ${text}`);

describe("notes on an asset", () => {
  it("a failed check says its sentence", () => {
    const check = { name: "positive", severity: "error" as const, description: "2 orders are negative", run: null };
    expect(textsOf({ checksNotPassed: [check, { ...check, name: "small", severity: "warn", description: null }] })).toEqual([
      "bad: Check positive failed: 2 orders are negative",
      "warn: Check small warned",
    ]);
  });

  it("failed partitions are counted", () => {
    expect(textsOf({ partitions: { total: 10, materialized: 1, failed: 1 } })).toEqual(["warn: 1 partition failed"]);
  });

  it("a stale asset says the cause", () => {
    const cause = { type: "data", asset: "gold/orders", dependency: "bronze/orders", at: NOW - 720_000 } as const;
    expect(textsOf({}, [cause])).toEqual(["late: Stale: bronze/orders changed 12 min ago"]);
  });

  it("a healthy asset has no note", () => {
    expect(textsOf({})).toEqual([]);
  });
});
