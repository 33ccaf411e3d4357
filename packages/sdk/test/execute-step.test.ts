import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  allPartitions,
  checkResult,
  dailyPartitions,
  defineAsset,
  defineAssetCheck,
  defineIoManager,
  defineMultiAsset,
  defineResource,
  lastPartition,
  materialization,
  md,
  multiPartitions,
  NO_VALUE,
  NonRetryableError,
  staticPartitions,
} from "@headgate/sdk";
import type { UnitDefinition } from "../src/unit.ts";
import { makeFolders, only, runStep } from "./run-step.test-support.ts";

const DAY = 86_400_000;
const partitionOf = (key: string) => ({ key, start: Date.parse(key), end: Date.parse(key) + DAY });

describe("an asset", () => {
  it("is materialized by returning, with metadata of the right types", async () => {
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

  it("counts as materialized when it returns nothing or only a check", async () => {
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

  it("may be an async generator that yields as it goes", async () => {
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

  it("receives validated config with defaults, and refuses wrong config with the place to correct it", async () => {
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

  it("receives its partition with the window as dates, and the dimensions of a multi-dimensional one", async () => {
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

describe("values", () => {
  it("go from one asset to the next through files, with Dates, Maps and undefined intact", async () => {
    const folders = await makeFolders();
    const value = { at: new Date(7), map: new Map([[1, new Set(["x"])]]), missing: undefined, bytes: new Uint8Array([1, 2]) };
    const up = defineAsset({ key: "up/one", run: () => value });
    let seen: unknown;
    const down = defineAsset({ key: "down", inputs: { up }, run: ({ inputs }) => void (seen = inputs.up) });
    await runStep([up, down], "up/one", { folders });
    expect((await runStep([up, down], "down", { folders })).outcome).toEqual({ outcome: "succeeded" });
    expect(seen).toEqual(value);
    expect(await readdir(join(folders.storage, "values", "up", "one"))).toEqual(["@value.v8"]);
  });

  it("are kept per partition and can be read together, or only the last", async () => {
    const folders = await makeFolders();
    const days = defineAsset({
      key: "days",
      partitions: dailyPartitions({ start: "2025-01-01" }),
      run: ({ partition }) => partition.key.slice(-2),
    });
    const same = defineAsset({
      key: "same",
      partitions: dailyPartitions({ start: "2025-01-01" }),
      inputs: { days },
      run: ({ inputs }) => inputs.days,
    });
    let seen: unknown;
    const total = defineAsset({
      key: "total",
      inputs: { all: allPartitions(days), last: lastPartition(days) },
      run: ({ inputs }) => void (seen = [...inputs.all, inputs.last]),
    });
    const assets = [days, same, total];
    for (const key of ["2025-01-02", "2025-01-01"]) await runStep(assets, "days", { folders, job: { partition: partitionOf(key) } });
    await runStep(assets, "total", { folders });
    expect(seen).toEqual([["2025-01-01", "01"], ["2025-01-02", "02"], "02"]);
    expect((await runStep(assets, "same", { folders, job: { partition: partitionOf("2025-01-02") } })).outcome.outcome).toBe("succeeded");
    expect((await runStep(assets, "same", { folders, job: { partition: partitionOf("2025-01-05") } })).outcome).toMatchObject({
      outcome: "failed",
      retryable: false,
      failure: { kind: "upstream_failed", message: "days has no stored value for partition 2025-01-05; materialize it first." },
    });
  });

  it("never leave the storage folder, whatever the key", async () => {
    const folders = await makeFolders();
    const sly = defineAsset({ key: "../../out", run: () => 1 });
    expect((await runStep([sly], "../../out", { folders })).outcome.outcome).toBe("succeeded");
    await expect(access(join(folders.root, "out"))).rejects.toThrow();
    expect(await readdir(join(folders.storage, "values"))).toEqual(["%2E%2E"]);
  });

  it("that cannot be stored fail the step with the asset named and leave no file behind", async () => {
    const folders = await makeFolders();
    const { outcome, events } = await runStep([defineAsset({ key: "f", run: () => ({ call: () => 1 }) })], "f", { folders });
    expect(outcome).toMatchObject({
      outcome: "failed",
      retryable: false,
      failure: { kind: "bad_output", message: expect.stringContaining('The value of asset "f" cannot be stored') as string },
    });
    expect(events.map((event) => event.type)).toEqual(["asset_started", "asset_failed"]);
    await expect(readdir(join(folders.storage, "values", "f"))).rejects.toThrow();
  });

  it("can be kept elsewhere by an IO manager with resources and metadata of its own", async () => {
    const kept = new Map<string, unknown>();
    const shelf = defineResource("shelf", { setup: () => kept });
    const manager = defineIoManager({
      name: "shelf",
      requires: [shelf],
      store: ({ asset, resources }, value) => {
        resources.shelf.set(asset, value);
        return { place: `shelf/${asset}` };
      },
      load: ({ asset, resources }) => (resources.shelf.has(asset) ? resources.shelf.get(asset) : NO_VALUE),
    });
    const up = defineAsset({ key: "up", ioManager: manager, run: () => 4 });
    const down = defineAsset({ key: "down", inputs: { up }, run: ({ inputs }) => inputs.up * 2 });
    const resources = [shelf];
    expect((await runStep([up, down], "down", { resources })).outcome).toMatchObject({
      failure: { message: "up has no stored value; materialize it first." },
    });
    expect(only((await runStep([up, down], "up", { resources })).events, "asset_materialized")[0]?.metadata).toEqual({
      place: { type: "text", value: "shelf/up" },
    });
    expect((await runStep([up, down], "down", { resources })).outcome.outcome).toBe("succeeded");
  });
});

describe("bad output", () => {
  it.each([
    [
      "metadata that is too large",
      () => materialization({ metadata: { small: 1, huge: "x".repeat(300_000) } }),
      /asset "bad" is \d+ bytes.*'huge'/,
    ],
    [
      "metadata that is no JSON",
      () => materialization({ metadata: { inner: { at: Number.POSITIVE_INFINITY } } }),
      /Metadata 'inner' of asset "bad".*'at' is Infinity/,
    ],
    ["another asset", () => materialization({ asset: "other" }), /"other", which it does not make/],
    ["a check with bad metadata", () => checkResult({ passed: true, metadata: { f: () => 1 } }), /Metadata 'f' of check "check"/],
  ])("%s is refused and not worth a retry", async (_what, run, message) => {
    const { outcome } = await runStep([defineAsset({ key: "bad", run: (): unknown => run() })], "bad");
    expect(outcome).toMatchObject({
      outcome: "failed",
      retryable: false,
      failure: { kind: "bad_output", message: expect.stringMatching(message) as string },
    });
  });
});

describe("a multi-asset", () => {
  const make = (run: (selected: ReadonlySet<string>) => unknown) =>
    defineMultiAsset({
      name: "m",
      outputs: { a: { key: "m/a", checks: { ok: { blocking: true } } }, b: { key: "m/b" }, c: { key: "m/c", required: false } },
      subset: true,
      run: ({ selected }) => run(selected) as undefined,
    });

  it("materializes what it yields and skips what it may leave out", async () => {
    const multi = defineMultiAsset({
      name: "m",
      outputs: { a: { key: "m/a" }, c: { key: "m/c", required: false } },
      async *run() {
        yield { output: "a", value: 1, metadata: { row_count: 2 } };
      },
    });
    const { outcome, events } = await runStep([multi], "multi:m");
    expect(outcome.outcome).toBe("succeeded");
    expect(only(events, "asset_materialized")).toMatchObject([{ asset: "m/a", metadata: { row_count: { value: 2 } } }]);
    expect(only(events, "asset_skipped")).toMatchObject([{ asset: "m/c" }]);
  });

  it("is told which outputs were asked for", async () => {
    let seen: string[] = [];
    const { events } = await runStep([make((selected) => void (seen = [...selected]))], "multi:m", { job: { assets: ["m/b"] } });
    expect(seen).toEqual(["b"]);
    expect(only(events, "asset_materialized").map((event) => event.asset)).toEqual(["m/b"]);
  });

  it("fails when it leaves out what it promised, and keeps what it made", async () => {
    const { outcome, events } = await runStep([make(() => [{ output: "a" }])], "multi:m");
    expect(outcome).toMatchObject({
      outcome: "failed",
      failure: { kind: "bad_output", message: expect.stringContaining("'b' (m/b)") as string },
    });
    expect(only(events, "asset_materialized").map((event) => event.asset)).toEqual(["m/a"]);
    expect(only(events, "asset_failed").map((event) => event.asset)).toEqual(["m/b", "m/c"]);
  });

  it("refuses an output that was not asked for", async () => {
    const { outcome } = await runStep([make(() => [{ output: "a" }])], "multi:m", { job: { assets: ["m/b"] } });
    expect(outcome).toMatchObject({
      failure: { message: expect.stringContaining("an output 'a' that was not asked for. Selected outputs: b") as string },
    });
  });

  it("stops downstream steps with a declared blocking check, and its materialization stays", async () => {
    const { outcome, events } = await runStep(
      [make(() => [{ output: "a", checks: [checkResult({ passed: false, description: "3 nulls" })] }, { output: "b" }])],
      "multi:m",
    );
    expect(outcome).toEqual({
      outcome: "failed",
      retryable: false,
      failure: { kind: "check_failed", message: 'Blocking check "ok" of m/a failed: 3 nulls' },
    });
    expect(only(events, "asset_materialized")).toHaveLength(2);
    expect(only(events, "asset_failed")).toEqual([]);
  });
});

describe("a check of its own", () => {
  const asset = defineAsset({ key: "t", run: () => 41 });
  asset.check("value", { blocking: true, run: async ({ loadValue }) => (await loadValue()) === 42 });
  asset.check("warns", { blocking: true, severity: "warn", run: () => checkResult({ passed: false, metadata: { n: 1 } }) });
  asset.check("throws", { run: () => Promise.reject(new TypeError("no table")) });

  it("reads the stored value and blocks when it fails with severity error", async () => {
    const folders = await makeFolders();
    await runStep([asset], "t", { folders });
    const { outcome, events } = await runStep([asset], "check:t:value", { folders });
    expect(outcome).toMatchObject({ outcome: "failed", failure: { kind: "check_failed", message: 'Blocking check "value" of t failed.' } });
    expect(only(events, "check_evaluated")).toMatchObject([{ asset: "t", check: "value", passed: false, severity: "error" }]);
  });

  it("may check an asset that is not defined in TypeScript", async () => {
    const check = defineAssetCheck("gold/orders", "not_empty", {
      run: ({ asset: key, partition }) => checkResult({ passed: key === "gold/orders", metadata: { day: partition?.key } }),
    });
    const { outcome, events } = await runStep([check], "check:gold/orders:not_empty", { job: { partition: partitionOf("2025-01-02") } });
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(only(events, "check_evaluated")).toMatchObject([
      { asset: "gold/orders", passed: true, partition: "2025-01-02", metadata: { day: { value: "2025-01-02" } } },
    ]);
    const wants = defineAssetCheck("gold/orders", "value", { run: async ({ loadValue }) => (await loadValue()) === 1 });
    expect((await runStep([wants], "check:gold/orders:value")).outcome).toMatchObject({
      failure: { message: expect.stringContaining("has no stored value; query its table") as string },
    });
  });

  it("does not block as a warning, and fails as user code when it throws", async () => {
    expect((await runStep([asset], "check:t:warns")).outcome).toEqual({ outcome: "succeeded" });
    expect((await runStep([asset], "check:t:throws")).outcome).toMatchObject({
      outcome: "failed",
      retryable: true,
      failure: { kind: "user_code", message: "TypeError: no table" },
    });
  });
});

describe("resources", () => {
  it("are made once per attempt in order and torn down in reverse, also after a failure", async () => {
    const seen: string[] = [];
    const make = (key: string) =>
      defineResource(key, { setup: () => void seen.push(`up ${key}`), teardown: () => void seen.push(`down ${key}`) });
    const [one, two] = [make("one"), make("two")];
    const asset = defineAsset({ key: "r", requires: [one, two, one], run: () => Promise.reject(new Error("no")) });
    expect((await runStep([asset], "r", { resources: [one, two] })).outcome.outcome).toBe("failed");
    expect(seen).toEqual(["up one", "up two", "down two", "down one"]);
  });

  it("that were made are torn down when a later one cannot be made", async () => {
    const seen: string[] = [];
    const good = defineResource("good", { setup: () => 1, teardown: () => void seen.push("down") });
    const bad = defineResource("bad", { setup: () => Promise.reject(new Error("refused: wrong password")) });
    const { outcome } = await runStep([defineAsset({ key: "r", requires: [good, bad], run: () => 1 })], "r", { resources: [good, bad] });
    expect(outcome).toMatchObject({ outcome: "failed", retryable: true, failure: { message: "refused: wrong password" } });
    expect(seen).toEqual(["down"]);
  });

  it("take config from their values and from the run, and the code location's resource wins over the token", async () => {
    const seen: unknown[] = [];
    const make = (where: string) =>
      defineResource("db", {
        config: z.object({ host: z.string(), port: z.number().default(1) }),
        values: { host: where },
        setup: ({ config, env }) => ({ ...config, password: env["DB_PASSWORD"] }),
      });
    const asset = defineAsset({ key: "r", requires: [make("token")], run: ({ resources }) => void seen.push(resources.db) });
    const options = { resources: [make("location")], env: { DB_PASSWORD: "x" } };
    await runStep([asset], "r", options);
    await runStep([asset], "r", { ...options, job: { config: { resources: { db: { host: "run", port: 2 } } } } });
    expect(seen).toEqual([
      { host: "location", port: 1, password: "x" },
      { host: "run", port: 2, password: "x" },
    ]);
  });

  it("that fail to close are a warning, not a failure", async () => {
    const leaky = defineResource("leaky", { setup: () => 1, teardown: () => Promise.reject(new Error("already closed")) });
    const { outcome, events } = await runStep([defineAsset({ key: "r", requires: [leaky], run: () => 1 })], "r", { resources: [leaky] });
    expect(outcome.outcome).toBe("succeeded");
    expect(only(events, "log")).toMatchObject([{ level: "warn", message: "A resource could not be torn down" }]);
  });
});

describe("ends", () => {
  it("are canceled when the signal was aborted, even when the function then returns", async () => {
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

  it("let a canceled generator run its finally blocks and record nothing more", async () => {
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

  it("say whether a retry can help", async () => {
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

  it("refuse a unit that this version does not have", async () => {
    expect((await runStep([], "ghost")).outcome).toMatchObject({ outcome: "failed", retryable: false, failure: { kind: "load_failed" } });
  });
});

describe("a unit of another kind", () => {
  it("is executed with its assets, checks, resources and partition", async () => {
    const db = defineResource("db", { setup: () => "connection" });
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
