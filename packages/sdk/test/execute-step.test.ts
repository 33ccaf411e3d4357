import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  checkResult,
  dailyPartitions,
  defineAsset,
  defineResource,
  materialization,
  md,
  multiPartitions,
  NonRetryableError,
  staticPartitions,
} from "@headgate/sdk";
import type { UnitDefinition } from "../src/definitions/unit.ts";
import { only, runStep } from "./run-step.test-support.ts";

const DAY = 86_400_000;
const partitionOf = (key: string) => ({ key, start: Date.parse(key), end: Date.parse(key) + DAY });

describe("an asset", () => {
  it("an asset is materialized by returning, with metadata of the right types", async () => {
    const asset = defineAsset({
      key: "a/b",
      run: ({ log }) => {
        log.info("hello", { rows: 3, error: new Error("inner"), big: 1n });
        return materialization({
          metadata: {
            row_count: 12,
            ratio: 0.5,
            text: "x",
            flag: true,
            when: new Date(5),
            nothing: null,
            gone: undefined,
            list: [1, { a: 2 }],
            note: md("**b**"),
            big: 12n,
          },
          dataVersion: "d1",
        });
      },
    });
    const { outcome, events } = await runStep([asset], "a/b");
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(events.map((event) => event.type)).toEqual(["asset_started", "log", "asset_materialized"]);
    expect(only(events, "log")[0]).toMatchObject({
      level: "info",
      message: "hello",
      asset: "a/b",
      source: "user",
      fields: { rows: 3, big: "1", error: expect.stringContaining("inner") as string },
    });
    expect(only(events, "asset_materialized")[0]).toMatchObject({
      asset: "a/b",
      dataVersion: "d1",
      metadata: {
        row_count: { type: "int", value: 12 },
        ratio: { type: "float", value: 0.5 },
        text: { type: "text", value: "x" },
        flag: { type: "bool", value: true },
        when: { type: "timestamp", value: 5 },
        nothing: { type: "null" },
        list: { type: "json", value: [1, { a: 2 }] },
        note: { type: "md", value: "**b**" },
        big: { type: "int", value: 12 },
      },
    });
    expect(only(events, "asset_materialized")[0]?.metadata).not.toHaveProperty("gone");
  });

  it("an asset counts as materialized when it returns nothing or only a check", async () => {
    const nothing = defineAsset({ key: "n", run: () => undefined });
    const check = defineAsset({ key: "c", run: () => checkResult({ passed: false, severity: "warn", description: "old" }) });
    expect(only((await runStep([nothing], "n")).events, "asset_materialized")).toHaveLength(1);
    const { outcome, events } = await runStep([check], "c");
    expect(outcome.outcome).toBe("succeeded");
    expect(only(events, "asset_materialized")).toHaveLength(1);
    expect(only(events, "check_evaluated")).toMatchObject([
      { asset: "c", check: "check", passed: false, severity: "warn", description: "old" },
    ]);
  });

  it("an asset may be an async generator that yields as it goes", async () => {
    const asset = defineAsset({
      key: "g",
      checks: { fresh: {}, full: {} },
      async *run() {
        yield checkResult({ name: "fresh", passed: true });
        yield materialization({ metadata: { row_count: 1 } });
        yield checkResult({ name: "full", passed: true });
      },
    });
    const { events } = await runStep([asset], "g");
    expect(events.map((event) => event.type)).toEqual(["asset_started", "check_evaluated", "asset_materialized", "check_evaluated"]);
  });

  it("an asset receives validated config with defaults, and refuses wrong config with the place to correct it", async () => {
    const seen: unknown[] = [];
    const asset = defineAsset({
      key: "c",
      config: z.object({ limit: z.number().default(5) }),
      run: ({ config }) => void seen.push(config.limit),
    });
    await runStep([asset], "c");
    await runStep([asset], "c", { job: { config: { assets: { c: { limit: 9 } } } } });
    expect(seen).toEqual([5, 9]);
    const wrong = await runStep([asset], "c", { job: { config: { assets: { c: { limit: "many" } } } } });
    expect(wrong.outcome).toMatchObject({
      outcome: "failed",
      retryable: false,
      failure: { message: expect.stringMatching(/config of asset "c".*limit.*assets\.c/s) as string },
    });
    const stray = await runStep([asset], "c", { job: { config: { limit: 1 } } });
    expect(stray.outcome).toMatchObject({ outcome: "failed", failure: { message: expect.stringContaining("Unknown: limit") as string } });
  });

  it("an asset receives its partition with the window as dates, and the dimensions of a multi-dimensional one", async () => {
    const seen: unknown[] = [];
    const daily = defineAsset({
      key: "d",
      partitions: dailyPartitions({ start: "2025-01-01" }),
      run: ({ partition }) => void seen.push(partition.window.end.toISOString()),
    });
    const { events } = await runStep([daily], "d", { job: { partition: partitionOf("2025-01-03") } });
    expect(only(events, "asset_materialized")[0]?.partition).toBe("2025-01-03");
    const multi = defineAsset({
      key: "m",
      partitions: multiPartitions({ region: staticPartitions(["eu"]), day: dailyPartitions({ start: "2025-01-01" }) }),
      run: ({ partition }) => void seen.push(partition.keys.day, partition.keys.region),
    });
    await runStep([multi], "m", { job: { partition: { key: "2025-01-03|eu", start: null, end: null } } });
    expect(seen).toEqual(["2025-01-04T00:00:00.000Z", "2025-01-03", "eu"]);
    expect((await runStep([daily], "d")).outcome).toMatchObject({
      outcome: "failed",
      failure: { message: expect.stringContaining("Launch it for a partition") as string },
    });
  });
});

describe("what a step reports", () => {
  it("a step that reports on another asset is not retried", async () => {
    const { outcome } = await runStep([defineAsset({ key: "bad", run: () => materialization({ asset: "other" }) })], "bad");
    expect(outcome).toMatchObject({
      outcome: "failed",
      retryable: false,
      failure: { kind: "bad_output", message: expect.stringMatching(/"other", which it does not make/) as string },
    });
  });

  it("metadata of any size and shape costs the step nothing", async () => {
    const metadata = { small: 1, huge: "x".repeat(300_000), inner: { at: Number.POSITIVE_INFINITY } };
    const asset = defineAsset({
      key: "odd",
      checks: { c: {} },
      run: () => materialization({ metadata, checks: [checkResult({ passed: true, metadata: { f: () => 1 } })] }),
    });
    const { outcome, events } = await runStep([asset], "odd");
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(only(events, "asset_materialized")).toMatchObject([
      {
        metadata: {
          small: { type: "int", value: 1 },
          inner: { type: "json", value: { at: "Infinity" } },
          metadata_cut: { type: "text", value: "huge: text cut" },
        },
      },
    ]);
    expect(only(events, "check_evaluated")).toMatchObject([{ metadata: { f: { type: "text", value: "[function f]" } } }]);
  });

  it("log lines take every word and value that user code passes", async () => {
    const asset = defineAsset({
      key: "talks",
      run({ log }) {
        log.warning("by its name in Python", { n: 2n ** 60n, gone: undefined, error: new TypeError("late") });
        Reflect.apply(log.info, log, [{ not: "text" }, "no object"]);
        Reflect.apply(log.error, log, [new RangeError("thrown")]);
        log.info("x".repeat(300_000));
      },
    });
    const { outcome, events } = await runStep([asset], "talks");
    expect(outcome).toEqual({ outcome: "succeeded" });
    const lines = only(events, "log");
    expect(lines).toMatchObject([
      { level: "warn", message: "by its name in Python", fields: { n: "1152921504606846976" } },
      { level: "info", message: '{"not":"text"}', fields: { value: "no object" } },
      { level: "error", message: expect.stringMatching(/^RangeError: thrown\n +at /) as string },
      { message: expect.stringMatching(/^x+… \[\d+ of 300000 characters cut\]$/) as string },
    ]);
    expect(lines[0]?.fields?.["error"]).toMatch(/^TypeError: late\n +at /);
  });
});

describe("outcomes of a step", () => {
  it("a step counts as canceled when its signal was aborted before it returned", async () => {
    const stop = new AbortController();
    const asset = defineAsset({
      key: "slow",
      async run({ signal }) {
        stop.abort();
        await Promise.resolve();
        return signal.aborted ? "gave up" : "done";
      },
    });
    const { outcome, events } = await runStep([asset], "slow", { signal: stop.signal });
    expect(outcome).toEqual({ outcome: "canceled" });
    expect(only(events, "asset_materialized")).toEqual([]);
  });

  it("a canceled generator runs its finally blocks and records nothing more", async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const asset = defineAsset({
      key: "gen",
      async *run() {
        try {
          yield checkResult({ passed: true });
          stop.abort();
          yield materialization();
          seen.push("went on");
        } finally {
          seen.push("cleaned");
        }
      },
    });
    expect((await runStep([asset], "gen", { signal: stop.signal })).outcome).toEqual({ outcome: "canceled" });
    expect(seen).toEqual(["cleaned"]);
  });

  it("the outcome of a step says whether a retry can help", async () => {
    const throwing = (thrown: unknown) => runStep([defineAsset({ key: "x", run: () => Promise.reject(thrown as Error) })], "x");
    expect((await throwing(new Error("flaky"))).outcome).toMatchObject({
      outcome: "failed",
      retryable: true,
      failure: { kind: "user_code", message: "flaky" },
    });
    expect((await throwing(new NonRetryableError("bad key"))).outcome).toMatchObject({
      outcome: "failed",
      retryable: false,
      failure: { message: "NonRetryableError: bad key" },
    });
    expect((await throwing("just text")).outcome).toMatchObject({
      failure: { message: "Something that is not an error was thrown: just text" },
    });
  });

  it("a step refuses a unit that this version does not have", async () => {
    expect((await runStep([], "ghost")).outcome).toMatchObject({ outcome: "failed", retryable: false, failure: { kind: "load_failed" } });
  });
});

describe("a unit of another kind", () => {
  it("a unit of another kind is executed with its assets, checks, resources and partition", async () => {
    const db = defineResource({ key: "db", setup: () => "connection" });
    const seen: unknown[] = [];
    const unit: UnitDefinition = {
      kind: "unit",
      id: "dbt:x",
      unitKind: "dbt",
      requires: [db],
      describe: async () => ({ ok: false, errors: [] }),
      execute: async ({ assets, checks, resources, partition, config, emit, log }) => {
        seen.push([...assets], [...checks], resources, partition?.key, config);
        log.info("running");
        emit({ type: "asset_materialized", asset: "m", metadata: {} });
        return { outcome: "failed", failure: { kind: "dbt", message: "model n failed" }, retryable: true };
      },
    };
    const { outcome, events } = await runStep([unit], "dbt:x", {
      resources: [db],
      job: {
        assets: ["m", "n"],
        checks: ["m:unique"],
        partition: partitionOf("2025-01-02"),
        config: { assets: { "dbt:x": { full: true } } },
      },
    });
    expect(seen).toEqual([["m", "n"], ["m:unique"], { db: "connection" }, "2025-01-02", { full: true }]);
    expect(outcome).toMatchObject({ failure: { kind: "dbt" }, retryable: true });
    expect(events.map((event) => event.type)).toEqual(["log", "asset_materialized"]);
  });
});
