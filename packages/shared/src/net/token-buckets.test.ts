/** Model test of token buckets under clocks that go back and forth. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { TokenBuckets } from "./token-buckets.ts";

it("a bucket gives its burst and rate, and says when to retry", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: -5_000, max: 5_000 })), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (drawn) => {
      const rates = new TokenBuckets({ burst: 5, perSecond: 2 });
      const taken = new Map<string, number>();
      let now = 1_000_000;
      let passed = 0;
      for (const [hook, step] of drawn) {
        now += step;
        passed += Math.abs(step);
        const answer = rates.take(hook, now);
        if (answer.ok) taken.set(hook, (taken.get(hook) ?? 0) + 1);
        else {
          expect(answer.retryAfterSeconds).toBeGreaterThanOrEqual(1);
          expect(new TokenBuckets({ burst: 5, perSecond: 2 }).take(hook, now)).toEqual({ ok: true });
          now += answer.retryAfterSeconds * 1000;
          passed += answer.retryAfterSeconds * 1000;
          expect(rates.take(hook, now)).toEqual({ ok: true });
          taken.set(hook, (taken.get(hook) ?? 0) + 1);
        }
      }
      for (const count of taken.values()) expect(count).toBeLessThanOrEqual(5 + (passed / 1000) * 2 + 1);
    }),
    { seed: 61, numRuns: 200 },
  );
});

it("a bucket that was not used for longest is forgotten first", () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 0.001 });
  for (let caller = 0; caller < 10_000; caller++) buckets.take(String(caller), 0);
  expect(buckets.take("0", 0).ok).toBe(false);
  buckets.take("another", 0);
  expect(buckets.take("0", 0).ok).toBe(false);
  expect(buckets.take("1", 0).ok).toBe(true);
});

it("a bucket gives all or nothing for a higher cost", () => {
  const buckets = new TokenBuckets({ burst: 10, perSecond: 2 });
  expect(buckets.take("a", 0, 8)).toEqual({ ok: true });
  expect(buckets.take("a", 0, 8)).toEqual({ ok: false, retryAfterSeconds: 3 });
  expect(buckets.take("a", 0, 2)).toEqual({ ok: true });
});
