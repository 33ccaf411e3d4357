import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { allPartitions, dailyPartitions, defineAsset, defineIoManager, defineResource, lastPartition, NO_VALUE } from "@headgate/sdk";
import { makeFolders, only, runStep } from "./run-step.test-support.ts";

const DAY = 86_400_000;
const partitionOf = (key: string) => ({ key, start: Date.parse(key), end: Date.parse(key) + DAY });

describe("output values", () => {
  it("output values go from one asset to the next through files, with Dates, Maps and undefined intact", async () => {
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

  it("output values are kept per partition and can be read together, or only the last", async () => {
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

  it("output values never leave the storage folder, whatever the key", async () => {
    const folders = await makeFolders();
    const sly = defineAsset({ key: "../../out", run: () => 1 });
    expect((await runStep([sly], "../../out", { folders })).outcome.outcome).toBe("succeeded");
    await expect(access(join(folders.root, "out"))).rejects.toThrow();
    expect(await readdir(join(folders.storage, "values"))).toEqual(["%2E%2E"]);
  });

  it("a promise in an output value is answered with the missing await", async () => {
    const forgetful = defineAsset({ key: "f", run: () => ({ rows: Promise.resolve([1]) }) });
    const { outcome } = await runStep([forgetful], "f", { folders: await makeFolders() });
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining("Write 'await' before the call") as string } });
  });

  it("an output value that cannot be stored fails the step and leaves no file", async () => {
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

  it("output values can be kept elsewhere by an IO manager with resources and metadata of its own", async () => {
    const kept = new Map<string, unknown>();
    const shelf = defineResource({ key: "shelf", setup: () => kept });
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

  it.each([
    ["returns", () => NO_VALUE],
    ["resolves to", async () => await Promise.resolve(NO_VALUE)],
    [
      "throws",
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- the case under test
        throw NO_VALUE;
      },
    ],
    ["rejects with", async () => await Promise.reject(NO_VALUE as unknown as Error)],
  ])("output values of an IO manager whose load %s NO_VALUE count as not stored", async (_, load: () => unknown) => {
    const manager = defineIoManager({ name: "empty", store: () => undefined, load });
    const up = defineAsset({ key: "up", ioManager: manager, run: () => 4 });
    const down = defineAsset({ key: "down", inputs: { up }, run: () => undefined });
    expect((await runStep([up, down], "down")).outcome).toMatchObject({
      outcome: "failed",
      retryable: false,
      failure: { kind: "upstream_failed", message: "up has no stored value; materialize it first." },
    });
  });
});
