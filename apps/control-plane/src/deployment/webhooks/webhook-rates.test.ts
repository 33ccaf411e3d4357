import * as fc from "fast-check";
import { expect, it } from "vitest";
import { WebhookRates } from "./webhook-rates.ts";

it("a webhook accepts its burst and rate, and says when to retry", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: -5_000, max: 5_000 })), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (drawn) => {
      const rates = new WebhookRates({ burst: 5, perSecond: 2 });
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
          expect(new WebhookRates({ burst: 5, perSecond: 2 }).take(hook, now)).toEqual({ ok: true });
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
