import { describe, expect, it } from "vitest";
import { checkResult, defineAsset, defineAssetCheck, defineMultiAsset } from "@headgate/sdk";
import { makeFolders, only, runStep } from "./run-step.test-support.ts";

const DAY = 86_400_000;
const partitionOf = (key: string) => ({ key, start: Date.parse(key), end: Date.parse(key) + DAY });

describe("a multi-asset", () => {
  const make = (run: (selected: ReadonlySet<string>) => unknown) =>
    defineMultiAsset({
      name: "m",
      outputs: { a: { key: "m/a", checks: { ok: { blocking: true } } }, b: { key: "m/b" }, c: { key: "m/c", required: false } },
      subset: true,
      run: ({ selected }) => run(selected) as undefined,
    });

  it("a multi-asset materializes what it yields and skips what it may leave out", async () => {
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

  it("a multi-asset is told which outputs were asked for", async () => {
    let seen: string[] = [];
    const { events } = await runStep([make((selected) => void (seen = [...selected]))], "multi:m", { job: { assets: ["m/b"] } });
    expect(seen).toEqual(["b"]);
    expect(only(events, "asset_materialized").map((event) => event.asset)).toEqual(["m/b"]);
  });

  it("a multi-asset fails when it leaves out what it promised, and keeps what it made", async () => {
    const { outcome, events } = await runStep([make(() => [{ output: "a" }])], "multi:m");
    expect(outcome).toMatchObject({
      outcome: "failed",
      failure: { kind: "bad_output", message: expect.stringContaining("'b' (m/b)") as string },
    });
    expect(only(events, "asset_materialized").map((event) => event.asset)).toEqual(["m/a"]);
    expect(only(events, "asset_failed").map((event) => event.asset)).toEqual(["m/b", "m/c"]);
  });

  it("a multi-asset refuses an output that was not asked for", async () => {
    const { outcome } = await runStep([make(() => [{ output: "a" }])], "multi:m", { job: { assets: ["m/b"] } });
    expect(outcome).toMatchObject({
      failure: { message: expect.stringContaining("an output 'a' that was not asked for. Selected outputs: b") as string },
    });
  });

  it("a multi-asset stops downstream steps with a declared blocking check, and its materialization stays", async () => {
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
  asset.check({ name: "value", blocking: true, run: async ({ loadValue }) => (await loadValue()) === 42 });
  asset.check({ name: "warns", blocking: true, severity: "warn", run: () => checkResult({ passed: false, metadata: { n: 1 } }) });
  asset.check({ name: "throws", run: () => Promise.reject(new TypeError("no table")) });

  it("a check of its own reads the stored value and blocks when it fails with severity error", async () => {
    const folders = await makeFolders();
    await runStep([asset], "t", { folders });
    const { outcome, events } = await runStep([asset], "check:t:value", { folders });
    expect(outcome).toMatchObject({ outcome: "failed", failure: { kind: "check_failed", message: 'Blocking check "value" of t failed.' } });
    expect(only(events, "check_evaluated")).toMatchObject([{ asset: "t", check: "value", passed: false, severity: "error" }]);
  });

  it("a check of its own may check an asset that is not defined in TypeScript", async () => {
    const check = defineAssetCheck({
      asset: "gold/orders",
      name: "not_empty",
      run: ({ asset: key, partition }) => checkResult({ passed: key === "gold/orders", metadata: { day: partition?.key } }),
    });
    const { outcome, events } = await runStep([check], "check:gold/orders:not_empty", { job: { partition: partitionOf("2025-01-02") } });
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(only(events, "check_evaluated")).toMatchObject([
      { asset: "gold/orders", passed: true, partition: "2025-01-02", metadata: { day: { value: "2025-01-02" } } },
    ]);
    const wants = defineAssetCheck({ asset: "gold/orders", name: "value", run: async ({ loadValue }) => (await loadValue()) === 1 });
    expect((await runStep([wants], "check:gold/orders:value")).outcome).toMatchObject({
      failure: { message: expect.stringContaining("has no stored value; query its table") as string },
    });
  });

  it("a check with a warning does not block, and one that throws fails", async () => {
    expect((await runStep([asset], "check:t:warns")).outcome).toEqual({ outcome: "succeeded" });
    expect((await runStep([asset], "check:t:throws")).outcome).toMatchObject({
      outcome: "failed",
      retryable: true,
      failure: { kind: "user_code", message: "TypeError: no table" },
    });
  });
});
