import { describe, expect, it } from "vitest";
import { nearestKeys, parseAssetKey, resolveAssetKey } from "./asset-key.ts";

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

  it("reads a dot as a slash only when there is no key with the dot", () => {
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
});
