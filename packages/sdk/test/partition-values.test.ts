/** Values follow partitions: what an input is by the mapping, what a run over a range stores, and what is refused. */
import { describe, expect, it } from "vitest";
import type { TimeWindowPartitions } from "@headgate/shared/domain/partitions/definition.ts";
import { openTimePartitions } from "@headgate/shared/domain/partitions/time-window.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import {
  allPartitions,
  dailyPartitions,
  defineAsset,
  defineIoManager,
  dep,
  dynamicPartitions,
  hourlyPartitions,
  lastPartition,
  mapping,
  materialization,
  monthlyPartitions,
  multiPartitions,
  type Partitions,
  type PartitionMapping,
  staticPartitions,
  weeklyPartitions,
} from "@headgate/sdk";
import type { AnyAsset } from "../src/definitions/asset-type.ts";
import { makeFolders, only, runStep, type StepRun, type TestFolders } from "./run-step.test-support.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const days = dailyPartitions({ start: "2025-01-01" });
const hours = hourlyPartitions({ start: "2025-01-01-00:00" });
const region = staticPartitions(["eu", "us"]);
const at = (key: string, ms = DAY) => {
  const start = Date.parse(key.length > 10 ? `${key.slice(0, 10)}T${key.slice(11)}Z` : key);
  return Number.isNaN(start) ? { key, start: null, end: null } : { key, start, end: start + ms };
};
const rangeOf = (first: string, last: string, count: number) => ({
  key: `${first}...${last}`,
  start: Date.parse(first),
  end: Date.parse(last) + DAY,
  range: { first, last, count },
});

/** Makes the upstream's partitions one by one, each with its key as the value. */
async function made(partitions: Partitions | undefined, keys: readonly string[]) {
  const folders = await makeFolders();
  const up = defineAsset({
    key: "up",
    partitions,
    run: (context) => (context as unknown as { partition?: { key: string } }).partition?.key ?? "whole",
  });
  for (const key of keys) await runStep([up], "up", { folders, job: { partition: partitions ? at(key) : null } });
  return { folders, up };
}

async function read(
  from: { readonly folders: TestFolders; readonly up: AnyAsset },
  reader: { readonly partitions: Partitions | undefined; readonly key: string | null; readonly by?: PartitionMapping },
): Promise<unknown> {
  let seen: unknown;
  const down = defineAsset({
    key: "down",
    partitions: reader.partitions,
    inputs: { up: reader.by ? dep(from.up, reader.by) : from.up },
    run: ({ inputs }) => void (seen = inputs.up),
  });
  const { outcome } = await runStep([from.up, down], "down", {
    folders: from.folders,
    job: { partition: reader.key === null ? null : at(reader.key) },
  });
  return outcome.outcome === "failed" ? outcome.failure.message : seen;
}

const byKey = (...keys: string[]) => new Map(keys.map((key) => [key, key]));
const week = ["2025-01-05", "2025-01-06", "2025-01-07", "2025-01-08", "2025-01-09", "2025-01-10", "2025-01-11"];
const both = multiPartitions({ day: days, region });
const weeks = weeklyPartitions({ start: "2025-01-05" });

type Case = readonly [
  what: string,
  up: Partitions | undefined,
  keys: readonly string[],
  down: Partitions | undefined,
  key: string | null,
  by: PartitionMapping | undefined,
  expected: unknown,
];
const CASES: readonly Case[] = [
  ["a day of days", days, ["2025-01-02"], days, "2025-01-02", undefined, "2025-01-02"],
  ["a week of days", days, week, weeks, "2025-01-05", undefined, byKey(...week)],
  ["a day of a week", weeks, ["2025-01-05"], days, "2025-01-08", undefined, "2025-01-05"],
  ["a day of a month", monthlyPartitions({ start: "2025-01-01" }), ["2025-01-01"], days, "2025-01-31", undefined, "2025-01-01"],
  ["the day before", days, ["2025-01-02"], days, "2025-01-03", mapping.timeWindow({ startOffset: -1, endOffset: -1 }), "2025-01-02"],
  [
    "a day with the day before",
    days,
    ["2025-01-02", "2025-01-03"],
    days,
    "2025-01-03",
    mapping.timeWindow({ startOffset: -1 }),
    byKey("2025-01-02", "2025-01-03"),
  ],
  ["all days by mapping", days, ["2025-01-03", "2025-01-01"], undefined, null, mapping.all(), byKey("2025-01-01", "2025-01-03")],
  ["the last day by mapping", days, ["2025-01-03", "2025-01-01"], undefined, null, mapping.last(), "2025-01-03"],
  ["one named day", days, ["2025-01-02"], undefined, null, mapping.specific(["2025-01-02"]), "2025-01-02"],
  [
    "two named days",
    days,
    ["2025-01-02", "2025-01-01"],
    undefined,
    null,
    mapping.specific(["2025-01-02", "2025-01-01"]),
    byKey("2025-01-01", "2025-01-02"),
  ],
  ["a region of regions", region, ["eu", "us"], region, "us", undefined, "us"],
  [
    "one to one by a static table",
    region,
    ["eu", "us"],
    staticPartitions(["paris", "ny"]),
    "ny",
    mapping.static({ eu: ["paris"], us: ["ny"] }),
    "us",
  ],
  [
    "several by a static table",
    region,
    ["eu", "us"],
    staticPartitions(["world"]),
    "world",
    mapping.static({ eu: ["world"], us: ["world"] }),
    byKey("eu", "us"),
  ],
  ["a region inside two dimensions", region, ["eu"], both, "2025-01-01|eu", undefined, "eu"],
  ["a day inside two dimensions", days, ["2025-01-01"], both, "2025-01-01|eu", undefined, "2025-01-01"],
  [
    "two dimensions to a day",
    both,
    ["2025-01-01|eu", "2025-01-01|us"],
    days,
    "2025-01-01",
    undefined,
    byKey("2025-01-01|eu", "2025-01-01|us"),
  ],
  ["two dimensions to the same two", both, ["2025-01-01|eu"], both, "2025-01-01|eu", undefined, "2025-01-01|eu"],
  ["a dynamic key", dynamicPartitions("files"), ["a"], dynamicPartitions("files"), "a", undefined, "a"],
  ["an upstream without partitions", undefined, ["once"], days, "2025-01-01", undefined, "whole"],
  [
    "a missing day of a week",
    days,
    week.slice(1),
    weeks,
    "2025-01-05",
    undefined,
    expect.stringContaining("up has no stored value for partition 2025-01-05"),
  ],
  [
    "a day before the first one",
    days,
    [],
    days,
    "2025-01-01",
    mapping.timeWindow({ startOffset: -1, endOffset: -1 }),
    expect.stringContaining("No partition of up belongs to partition 2025-01-01"),
  ],
  [
    "a day before the first one that may be missing",
    days,
    [],
    days,
    "2025-01-01",
    mapping.timeWindow({ startOffset: -1, endOffset: -1, allowNonexistentUpstream: true }),
    undefined,
  ],
];

describe("inputs by partition", () => {
  it.each(CASES)("%s arrives as the mapping says", async (...[, up, keys, down, key, by, expected]) => {
    expect(await read(await made(up, keys), { partitions: down, key, ...(by && { by }) })).toEqual(expected);
  });

  it("a day of hours is a map of 24 values", async () => {
    const keys = Array.from({ length: 24 }, (_, hour) => `2025-01-02-${String(hour).padStart(2, "0")}:00`);
    const folders = await makeFolders();
    const up = defineAsset({ key: "up", partitions: hours, run: ({ partition }) => partition.key });
    for (const key of keys) await runStep([up], "up", { folders, job: { partition: at(key, HOUR) } });
    expect(await read({ folders, up }, { partitions: days, key: "2025-01-02" })).toEqual(byKey(...keys));
  });

  it.each(["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])(
    "a day of %s has its own hours",
    async (timezone) => {
      const folders = await makeFolders();
      const zonedHours = hourlyPartitions({ start: "2025-03-29-00:00", timezone });
      const zonedDays = dailyPartitions({ start: "2025-03-29", timezone });
      const windows = unwrap(openTimePartitions(zonedHours.definition as TimeWindowPartitions));
      const whole = unwrap(openTimePartitions(zonedDays.definition as TimeWindowPartitions)).windowAt(1);
      if (!whole) throw new Error("no second day");
      const up = defineAsset({ key: "up", partitions: zonedHours, run: ({ partition }) => partition.key });
      const keys: string[] = [];
      for (let number = 0; number < 72; number++) {
        const window = windows.windowAt(number);
        const key = windows.keyAt(number);
        if (!window || key === null || window.start < whole.start || window.end > whole.end) continue;
        keys.push(key);
        await runStep([up], "up", { folders, job: { partition: { key, ...window } } });
      }
      let seen: unknown;
      const down = defineAsset({ key: "down", partitions: zonedDays, inputs: { up }, run: ({ inputs }) => void (seen = inputs.up) });
      await runStep([up, down], "down", { folders, job: { partition: { key: "2025-03-30", ...whole } } });
      expect(keys.length).toBe(timezone === "Europe/Paris" ? 23 : 24);
      expect(seen).toEqual(byKey(...keys));
    },
  );

  it("one upstream can be read in several ways", async () => {
    const { folders, up } = await made(days, ["2025-01-01", "2025-01-02", "2025-01-03"]);
    let seen: unknown;
    const before = dep(up, mapping.timeWindow({ startOffset: -1, endOffset: -1 }));
    const inputs = { same: up, before, all: allPartitions(up), last: lastPartition(up) };
    const down = defineAsset({ key: "down", partitions: days, inputs, run: (context) => void (seen = context.inputs) });
    await runStep([up, down], "down", { folders, job: { partition: at("2025-01-02") } });
    const all = byKey("2025-01-01", "2025-01-02", "2025-01-03");
    expect(seen).toEqual({ same: "2025-01-02", before: "2025-01-01", all, last: "2025-01-03" });
  });

  it("an IO manager that cannot list is told the keys", async () => {
    const kept = new Map<string | null, unknown>();
    const ioManager = defineIoManager({
      name: "warehouse",
      store: ({ partition }, value) => void kept.set(partition, value),
      load: ({ partition }) => kept.get(partition),
    });
    const up = defineAsset({ key: "up", partitions: days, ioManager, run: ({ partition }) => partition.key });
    const keys = ["2025-01-01", "2025-01-02"];
    for (const key of keys) await runStep([up], "up", { job: { partition: at(key) } });
    let seen: unknown;
    const run = (context: { readonly inputs: unknown }) => void (seen = context.inputs);
    const last = defineAsset({ key: "last", inputs: { up: lastPartition(up) }, run });
    const sent = { asset: "up", missing: [], never: [] };
    await runStep([up, last], "last", { job: { inputs: [{ ...sent, input: "up", keys: keys.slice(-1) }] } });
    expect(seen).toEqual({ up: "2025-01-02" });
    const down = defineAsset({ key: "down", inputs: { all: allPartitions(up), newest: lastPartition(up) }, run });
    await runStep([up, down], "down", { job: { inputs: [{ ...sent, input: "all", keys }] } });
    expect(seen).toEqual({ all: byKey(...keys), newest: "2025-01-02" });
  });

  it("a value never made differs from one that was not returned", async () => {
    const up = defineAsset({ key: "up", run: () => materialization({ metadata: { rows: 3 } }) });
    const down = defineAsset({ key: "down", inputs: { up }, run: () => 1 });
    const told = async (never: string[]) => {
      const inputs = [{ input: "up", asset: "up", keys: null, missing: [], never }];
      const { outcome } = await runStep([up, down], "down", { job: { inputs } });
      return outcome.outcome === "failed" ? outcome.failure.message : outcome.outcome;
    };
    expect(await told(["up"])).toBe("up has no stored value, because it was never materialized; materialize it first.");
    expect(await told([])).toBe(
      "up was materialized, but has no stored value: its function returned none. Let it return one, or name the asset in 'deps' instead of 'inputs'.",
    );
  });
});

const three = rangeOf("2025-01-02", "2025-01-04", 3);
const KEYS = ["2025-01-02", "2025-01-03", "2025-01-04"];

async function rangeRun(run: (keys: readonly string[]) => unknown) {
  const folders = await makeFolders();
  const up = defineAsset({ key: "up", partitions: days, run: ({ partition }) => run(partition.each) });
  const step: StepRun = await runStep([up], "up", { folders, job: { partition: three } });
  return { folders, up, step };
}

describe("values of a run over a range", () => {
  const WAYS: Readonly<Record<string, (keys: readonly string[]) => unknown>> = {
    "yielded one by one": async function* yielded(keys) {
      for (const key of keys) yield materialization({ partition: key, value: key });
    },
    "returned as a Map": (keys) => new Map(keys.map((key) => [key, key])),
    "returned as a Map after the list of keys was emptied": (keys) => new Map((keys as string[]).splice(0).map((key) => [key, key])),
    "returned as a list": (keys) => keys.map((key) => materialization({ partition: key, value: key })),
    "given as a Map in a materialization": (keys) => materialization({ value: new Map(keys.map((key) => [key, key])), metadata: { n: 3 } }),
    "returned as a Map of materializations": (keys) => new Map(keys.map((key) => [key, materialization({ value: key })])),
  };

  it.each(Object.entries(WAYS))("%s are stored for each partition", async (_, run) => {
    const { folders, up, step } = await rangeRun(run);
    expect(step.outcome).toEqual({ outcome: "succeeded" });
    for (const key of KEYS) expect(await read({ folders, up }, { partitions: days, key })).toBe(key);
    let seen: unknown;
    const down = defineAsset({ key: "down", partitions: days, inputs: { up }, run: ({ inputs }) => void (seen = inputs.up) });
    await runStep([up, down], "down", { folders, job: { partition: three } });
    expect(seen).toEqual(byKey(...KEYS));
  });

  const REFUSED: readonly (readonly [string, (keys: readonly string[]) => unknown, string])[] = [
    ["one value for all", () => "one", "makes 3 partitions in one run, but its function returned one value for all of them"],
    [
      "a Map without one key",
      (keys) => new Map(keys.slice(1).map((key) => [key, key])),
      "made 2 of the 3 partitions of this run; 2025-01-02 is missing",
    ],
    [
      "a Map with a strange key",
      (keys) => new Map([...keys, "x"].map((key) => [key, key])),
      'a Map with the key "x", which is not a partition of this run',
    ],
    ["a foreign partition", () => materialization({ partition: "2025-01-09", value: 1 }), 'not "2025-01-09"'],
    ["a list of values", (keys) => keys.map((key) => key), "returned one value for all of them"],
    ["an object by key", (keys) => Object.fromEntries(keys.map((key) => [key, key])), "return a Map of the values by key"],
    ["a Map with an undefined value", (keys) => new Map(keys.map((key) => [key, undefined])), "made 0 of the 3 partitions of this run"],
    [
      "a partition after the whole run",
      (keys) => [materialization(), materialization({ partition: keys[0], value: 1 })],
      "reported some partitions of this run one by one and also the whole run",
    ],
    [
      "the whole run after a partition",
      (keys) => [materialization({ partition: keys[0], value: 1 }), materialization()],
      "reported some partitions of this run one by one and also the whole run",
    ],
    [
      "a partition with two values",
      (keys) => [...keys, ...keys].map((key) => materialization({ partition: key, value: key })),
      "made a value twice for partition 2025-01-02",
    ],
    [
      "only the first partition",
      (keys) => materialization({ partition: keys[0], value: 1 }),
      "made 1 of the 3 partitions of this run; 2025-01-03, 2025-01-04 are missing",
    ],
  ];
  it.each(REFUSED)("%s is refused", async (what, run, message) => {
    const { step } = await rangeRun(run);
    expect(step.outcome).toMatchObject({
      outcome: "failed",
      failure: { kind: "bad_output", message: expect.stringContaining(message) as string },
    });
    const whole = only(step.events, "asset_materialized").filter(({ partition }) => partition === three.key);
    expect(whole).toHaveLength(what === "a partition after the whole run" ? 1 : 0);
  });

  it("a retry of the run stores each value again", async () => {
    const folders = await makeFolders();
    let attempt = 0;
    const up = defineAsset({
      key: "up",
      partitions: days,
      run: async function* each({ partition }) {
        attempt++;
        for (const key of partition.each) {
          if (attempt === 1 && key === KEYS[1]) throw new Error("no luck");
          yield materialization({ partition: key, value: `${key} of attempt ${attempt}` });
        }
      },
    });
    const first = await runStep([up], "up", { folders, job: { partition: three } });
    expect(first.outcome).toMatchObject({ outcome: "failed", failure: { message: "no luck" } });
    expect(only(first.events, "asset_materialized").map(({ partition }) => partition)).toEqual([KEYS[0]]);
    const second = await runStep([up], "up", { folders, job: { partition: three, attempt: 2 } });
    expect(second.outcome).toEqual({ outcome: "succeeded" });
    for (const key of KEYS) expect(await read({ folders, up }, { partitions: days, key })).toBe(`${key} of attempt 2`);
  });

  it("a check of the run loads the values by key", async () => {
    const { folders, up } = await rangeRun((keys) => new Map(keys.map((key) => [key, key])));
    let seen: unknown;
    up.check({ name: "fine", run: async ({ loadValue }) => (seen = await loadValue()) !== undefined });
    const { outcome } = await runStep([up], "check:up:fine", { folders, job: { partition: three, checks: ["up:fine"] } });
    expect(outcome).toEqual({ outcome: "succeeded" });
    expect(seen).toEqual(byKey(...KEYS));
  });

  it("a run over dynamic partitions without values needs no keys", async () => {
    const sent = { key: "a...c", start: null, end: null, range: { first: "a", last: "c", count: 3 } };
    const files = (run: (each: () => readonly string[]) => unknown) =>
      defineAsset({ key: "files", partitions: dynamicPartitions("files"), run: ({ partition }) => run(() => partition.each) });
    expect((await runStep([files(() => undefined)], "files", { job: { partition: sent } })).outcome).toEqual({ outcome: "succeeded" });
    const failed = await runStep([files((each) => each())], "files", { job: { partition: sent } });
    expect(failed.outcome).toMatchObject({ failure: { message: "The keys of a...c are not known here. Run fewer partitions at once." } });
    const known = { ...sent, keys: ["a", "b", "c"] };
    const { outcome } = await runStep([files((each) => new Map(each().map((key) => [key, key])))], "files", { job: { partition: known } });
    expect(outcome).toEqual({ outcome: "succeeded" });
  });

  it("an IO manager with `ranges` gets one value with its window", async () => {
    const seen: unknown[] = [];
    const table = defineIoManager({
      name: "table",
      ranges: true,
      store: ({ partition, range, window }, value) => void seen.push([partition, range?.count, window, value]),
      load: ({ partition }) => partition,
    });
    const up = defineAsset({ key: "up", partitions: days, ioManager: table, run: () => ["rows"] });
    await runStep([up], "up", { job: { partition: three } });
    expect(seen).toEqual([[three.key, 3, { start: new Date("2025-01-02"), end: new Date("2025-01-05") }, ["rows"]]]);
  });

  it("a run without values is one materialization of the range", async () => {
    const { step } = await rangeRun(() => undefined);
    expect(only(step.events, "asset_materialized").map(({ partition }) => partition)).toEqual([three.key]);
  });
});
