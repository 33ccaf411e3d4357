import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

const bounds = fc
  .record({ firstMs: fc.integer({ min: 1, max: 5_000 }), growth: fc.integer({ min: 1, max: 1_000 }), leastShare: fc.constantFrom(0, 0.5) })
  .map(({ firstMs, growth, leastShare }) => ({ firstMs, maxMs: firstMs * growth, leastShare }));
const attempt = fc.nat({ max: 10_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the wait before a retry", () => {
  it("grows with jitter up to its limit and never ends", () => {
    const limits = { firstMs: 500, maxMs: 30_000 };
    expect(backoffMs(1, 0, limits)).toBe(0);
    expect(backoffMs(1, 0.999, limits)).toBe(999);
    expect(backoffMs(4, 0.5, limits)).toBe(4000);
    expect(backoffMs(10_000, 0.5, limits)).toBe(15_000);
  });

  it("is never longer than the maximum and never below its share", () => {
    fc.assert(
      fc.property(bounds, attempt, random, (limits, count, chance) => {
        const wait = backoffMs(count, chance, limits);
        const longest = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(count, 30));
        expect(wait).toBeLessThanOrEqual(longest);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(longest * limits.leastShare));
        expect(Number.isInteger(wait)).toBe(true);
      }),
    );
  });

  it("does not shrink from one attempt to the next by itself", () => {
    fc.assert(
      fc.property(bounds, attempt, random, (limits, count, chance) => {
        expect(backoffMs(count + 1, chance, limits)).toBeGreaterThanOrEqual(backoffMs(count, chance, limits));
      }),
    );
  });

  it("grows with the random number, so that many clients spread out", () => {
    fc.assert(
      fc.property(bounds, attempt, fc.tuple(random, random), (limits, count, [one, other]) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        expect(backoffMs(count, high, limits)).toBeGreaterThanOrEqual(backoffMs(count, low, limits));
      }),
    );
    const spread = Array.from({ length: 10 }, (_, part) => backoffMs(3, part / 10, { firstMs: 100, maxMs: 60_000 }));
    expect(new Set(spread).size).toBe(10);
  });
});
