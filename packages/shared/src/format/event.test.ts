import { describe, expect, it } from "vitest";
import type { RunEvent } from "../domain/run/event.ts";
import { formatDuration, formatShortDuration } from "./duration.ts";
import { eventWords, rowCount } from "./event.ts";

const words = (event: RunEvent) => eventWords({ event, at: 1_000 }, formatDuration);
const failure = { kind: "user_code", message: "no header line" } as const;

describe("the sentence of an event", () => {
  it("names the asset, its rows and its time", () => {
    const event = {
      type: "asset_materialized",
      asset: "gold/orders",
      metadata: { row_count: { type: "int", value: 1204 } },
      durationMs: 4_250,
    } as const;
    expect(words(event)).toEqual({
      level: "info",
      label: "materialized",
      sentence: "gold/orders materialized, 1,204 rows in 4.2 s",
      predicate: "materialized, 1,204 rows in 4.2 s",
    });
  });

  it("writes durations the way its surface does", () => {
    const event = { type: "step_succeeded", durationMs: 61_000 } as const;
    expect(eventWords({ event, at: 0 }, formatShortDuration).sentence).toBe("Step succeeded in 1m 1s");
    expect(eventWords({ event, at: 0 }, formatDuration).sentence).toBe("Step succeeded in 1 min 01 s");
  });

  it("has the level of a check's severity when the check does not pass", () => {
    const check = { type: "check_evaluated", asset: "a", check: "unique", metadata: {}, description: "3 duplicates" } as const;
    expect(words({ ...check, passed: true, severity: "error" })).toMatchObject({
      level: "info",
      sentence: "a: check unique passed: 3 duplicates",
    });
    expect(words({ ...check, passed: false, severity: "warn" })).toMatchObject({
      level: "warn",
      predicate: "check unique warned: 3 duplicates",
    });
    expect(words({ ...check, passed: false, severity: "error" })).toMatchObject({
      level: "error",
      predicate: "check unique failed: 3 duplicates",
    });
  });

  it("says whether a failed step will be retried, and when", () => {
    expect(words({ type: "step_failed", failure, willRetry: true }).sentence).toBe("Step failed and will be retried: no header line");
    expect(words({ type: "step_failed", failure, willRetry: false }).sentence).toBe("Step failed: no header line");
    expect(words({ type: "step_retry_scheduled", attempt: 2, at: 13_000 }).sentence).toBe("Step starts attempt 2 in 12 s");
  });

  it("is the message itself for logs and for remarks of the platform", () => {
    expect(words({ type: "log", level: "warn", message: "slow", source: "dbt" })).toMatchObject({
      level: "warn",
      label: "dbt",
      sentence: "slow",
    });
    expect(words({ type: "log", level: "info", message: "hello", source: "user" }).label).toBe("info");
    expect(words({ type: "engine", level: "error", message: "agent lost" })).toMatchObject({ label: "platform", predicate: "agent lost" });
  });

  it("names who canceled a run and why", () => {
    expect(words({ type: "run_canceling", by: "ada", reason: "wrong month" }).sentence).toBe("Run is being canceled by ada: wrong month");
    expect(words({ type: "run_canceled", by: "ada" }).sentence).toBe("Run canceled by ada");
  });

  it("warns when an asset becomes overdue", () => {
    expect(words({ type: "freshness_changed", asset: "a", from: "fresh", to: "overdue" })).toMatchObject({
      level: "warn",
      sentence: "a is now overdue, was fresh",
    });
  });
});

describe("the row count of an asset", () => {
  it("is a number under row_count and nothing else", () => {
    expect(rowCount({ row_count: { type: "float", value: 2 } })).toBe(2);
    expect(rowCount({ row_count: { type: "text", value: "2" } })).toBeNull();
    expect(rowCount({})).toBeNull();
  });
});
