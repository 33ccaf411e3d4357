import { describe, expect, it } from "vitest";
import { retryDelayMs } from "./retry.ts";

describe("retryDelayMs", () => {
  it("gives up after the last retry", () => {
    expect(retryDelayMs({ maxRetries: 0 }, 1, 0)).toBeNull();
    expect(retryDelayMs({ maxRetries: 2, delaySeconds: 5 }, 2, 0)).toBe(5000);
    expect(retryDelayMs({ maxRetries: 2, delaySeconds: 5 }, 3, 0)).toBeNull();
    expect(retryDelayMs({ maxRetries: 1 }, 1, 0)).toBe(0);
  });

  it("waits n times as long, or doubles", () => {
    const attempts = [1, 2, 3, 4];
    expect(attempts.map((n) => retryDelayMs({ maxRetries: 9, delaySeconds: 2, backoff: "linear" }, n, 0))).toEqual([
      2000, 4000, 6000, 8000,
    ]);
    expect(attempts.map((n) => retryDelayMs({ maxRetries: 9, delaySeconds: 2, backoff: "exponential" }, n, 0))).toEqual([
      2000, 6000, 14_000, 30_000,
    ]);
  });

  it("spreads retries by jitter", () => {
    const policy = { maxRetries: 9, delaySeconds: 10, backoff: "linear" } as const;
    expect(retryDelayMs({ ...policy, jitter: "full" }, 2, 0.25)).toBe(5000);
    expect(retryDelayMs({ ...policy, jitter: "plus_minus" }, 2, 0)).toBe(10_000);
    expect(retryDelayMs({ ...policy, jitter: "plus_minus" }, 2, 0.5)).toBe(20_000);
  });

  it("stays a finite time after very many attempts", () => {
    expect(retryDelayMs({ maxRetries: 100, delaySeconds: 86_400, backoff: "exponential" }, 100, 0)).toBe(7 * 86_400_000);
  });
});
