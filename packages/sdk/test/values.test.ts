import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { NO_VALUE, type IoContext } from "@headgate/sdk";
import { createLogger } from "../src/runtime/steps/logger.ts";
import { valueFiles } from "../src/runtime/stored-values/value-files.ts";
import { makeFolders, type TestFolders } from "./run-step.test-support.ts";

function contextOf(folders: TestFolders, asset: string, partition: string | null): IoContext {
  return {
    asset,
    partition,
    folders,
    metadata: {},
    resources: {},
    env: {},
    log: createLogger(() => undefined),
    signal: new AbortController().signal,
  };
}

const segment = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/);
const key = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join("/"));
const partition = fc.option(fc.string({ minLength: 1, maxLength: 30, unit: "grapheme-ascii" }), { nil: null });

it("value files keep every value under its own key and partition", async () => {
  const entry = fc.tuple(
    key,
    partition,
    fc.anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true, withBigInt: true }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(entry, { maxLength: 8, selector: ([asset, part]) => JSON.stringify([asset, part]) }),
      async (entries) => {
        const folders = await makeFolders();
        for (const [asset, part, value] of entries) await valueFiles.store(contextOf(folders, asset, part), value);
        for (const [asset, part, value] of entries) {
          expect(await valueFiles.load(contextOf(folders, asset, part))).toEqual(value);
          const keys = entries.filter(([other, otherPart]) => other === asset && otherPart !== null).map(([, otherPart]) => otherPart);
          expect(new Set(await valueFiles.partitions?.(contextOf(folders, asset, null)))).toEqual(new Set(keys));
        }
      },
    ),
    { seed: 7, numRuns: 40 },
  );
});

it("value files have nothing that was never stored, and explain a broken file", async () => {
  const folders = await makeFolders();
  const context = contextOf(folders, "a", null);
  expect(await valueFiles.load(context)).toBe(NO_VALUE);
  expect(await valueFiles.partitions?.(context)).toEqual([]);
  await valueFiles.store(context, 1);
  await writeFile(join(folders.storage, "values", "a", "@value.v8"), "rubbish");
  await expect(valueFiles.load(context)).rejects.toThrow("The stored value of a cannot be read");
});

it("value files take keys of any length and alphabet", async () => {
  const folders = await makeFolders();
  const keys = [
    "売上/2026年11月/東京支店_日次売上明細_確定版_経理部提出用_修正第二版.csv",
    `größe/${"ä".repeat(214)}.parquet`,
    "x".repeat(252),
    "x".repeat(253),
    "x".repeat(1024),
    "s3://bucket/".repeat(80),
    "\uD83D half of a character",
    "😀".repeat(60),
    "a\u0000b",
    "@value",
    "..",
    "%2F/%",
    "tab\tand\nline",
    " ",
  ];
  const assets = ["files", `deep/${"segment".repeat(60)}/end`, ".."];
  for (const asset of assets) {
    for (const [at, key] of keys.entries()) await valueFiles.store(contextOf(folders, asset, key), at);
    await valueFiles.store(contextOf(folders, asset, null), "all");
    for (const [at, key] of keys.entries()) expect(await valueFiles.load(contextOf(folders, asset, key))).toBe(at);
    expect(await valueFiles.partitions?.(contextOf(folders, asset, null))).toEqual(keys.toSorted());
    expect(await valueFiles.load(contextOf(folders, asset, "never stored".repeat(50)))).toBe(NO_VALUE);
  }
});
