import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { nearestKeys, parseAssetKey, resolveAssetKey } from "./asset-key.ts";
import { propertyRuns } from "./property-runs.test-support.ts";

describe("parseAssetKey", () => {
  it.each(["orders", "silver/dim_customer", "a.b/c-d/E_1"])("accepts %s", (text) => {
    expect(parseAssetKey(text)).toEqual({ ok: true, value: text });
  });

  it.each(["", "/a", "a/", "a//b", "a b", "a:b", "ä", "x".repeat(600)])("refuses %j", (text) => {
    expect(parseAssetKey(text)).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });
});

describe("resolveAssetKey", () => {
  const has = (key: string) => ["silver/dim_customer", "raw.csv"].includes(key);

  it("a dot is read as a slash unless a key has it", () => {
    expect(resolveAssetKey("silver.dim_customer", has)).toBe("silver/dim_customer");
    expect(resolveAssetKey("raw.csv", has)).toBe("raw.csv");
    expect(resolveAssetKey("raw/csv", has)).toBeNull();
  });
});

describe("nearestKeys", () => {
  const keys = ["bronze/stg_customers", "silver/dim_customer", "silver/dim_product", "gold/fct_orders", "metrics/daily_revenue"];

  it("finds the key behind a slip of the finger", () => {
    expect(nearestKeys("silver/dim_custmoer", keys, 1)).toEqual(["silver/dim_customer"]);
    expect(nearestKeys("gold.fct_order", keys, 1)).toEqual(["gold/fct_orders"]);
  });

  it("finds a key by its last segment", () => {
    expect(nearestKeys("fct_orders", keys, 3)).toContain("gold/fct_orders");
    expect(nearestKeys("revenue", keys, 3)).toContain("metrics/daily_revenue");
  });

  it("offers nothing when nothing is near", () => {
    expect(nearestKeys("zzzzzzzz", keys, 3)).toEqual([]);
  });

  it("counts edits like the textbook, however alike the ends are", () => {
    const word = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 7 }).map((letters) => letters.join(""));
    const textbook = (a: string, b: string): number => {
      const cost: number[][] = Array.from({ length: a.length + 1 }, (_, i) =>
        Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
      );
      const at = (i: number, j: number) => cost[i]?.[j] ?? Infinity;
      for (let i = 1; i <= a.length; i++) {
        for (let j = 1; j <= b.length; j++) {
          const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
          cost[i]?.splice(j, 1, Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1), swap));
        }
      }
      return at(a.length, b.length);
    };
    fc.assert(
      fc.property(word, word, (a, b) => {
        const isNear = textbook(a, b) <= 2 || (a.length >= 3 && b.includes(a));
        expect(nearestKeys(a, [b], 1)).toEqual(isNear ? [b] : []);
      }),
      { seed: 2, numRuns: propertyRuns(1000) },
    );
  });
});
