/** The types of inputs by the partitions of both sides. The type checker is the test; nothing of it runs. */
import { describe, expectTypeOf, it } from "vitest";
import {
  allPartitions,
  type Asset,
  cronPartitions,
  dailyPartitions,
  defineAsset,
  defineMultiAsset,
  dep,
  dynamicPartitions,
  hourlyPartitions,
  lastPartition,
  mapping,
  materialization,
  monthlyPartitions,
  multiPartitions,
  staticPartitions,
  weeklyPartitions,
} from "@headgate/sdk";

const hours = hourlyPartitions({ start: "2025-01-01-00:00" });
const days = dailyPartitions({ start: "2025-01-01" });
const laterDays = dailyPartitions({ start: "2026-01-01" });
const parisDays = dailyPartitions({ start: "2025-01-01", timezone: "Europe/Paris" });
const weeks = weeklyPartitions({ start: "2025-01-05" });
const months = monthlyPartitions({ start: "2025-01-01" });
const mornings = cronPartitions({ start: "2025-01-01", cron: "0 6 * * *" });
const regions = staticPartitions(["eu", "us"]);
const both = multiPartitions({ day: days, region: regions });
const files = dynamicPartitions("files");

const hourly = defineAsset({ key: "hourly", partitions: hours, run: () => 1 });
const daily = defineAsset({ key: "daily", partitions: days, run: () => 1 });
const weekly = defineAsset({ key: "weekly", partitions: weeks, run: () => 1 });
const monthly = defineAsset({ key: "monthly", partitions: months, run: () => 1 });
const paris = defineAsset({ key: "paris", partitions: parisDays, run: () => 1 });
const region = defineAsset({ key: "region", partitions: regions, run: () => 1 });
const combined = defineAsset({ key: "combined", partitions: both, run: () => 1 });
const file = defineAsset({ key: "file", partitions: files, run: () => 1 });
const morning = defineAsset({ key: "morning", partitions: mornings, run: () => 1 });
const whole = defineAsset({ key: "whole", run: () => 1 });

type Several = ReadonlyMap<string, number>;

describe("an input", () => {
  it("an input is one value where one partition reads one", () => {
    defineAsset({
      key: "a",
      partitions: days,
      inputs: { daily, weekly, monthly, whole },
      run: ({ inputs }) =>
        expectTypeOf(inputs).branded.toEqualTypeOf<{
          readonly daily: number;
          readonly weekly: number;
          readonly monthly: number;
          readonly whole: number;
        }>(),
    });
    defineAsset({
      key: "b",
      partitions: laterDays,
      inputs: { daily },
      run: ({ inputs }) => expectTypeOf(inputs.daily).toEqualTypeOf<number>(),
    });
    defineAsset({
      key: "c",
      partitions: parisDays,
      inputs: { paris },
      run: ({ inputs }) => expectTypeOf(inputs.paris).toEqualTypeOf<number>(),
    });
    defineAsset({
      key: "d",
      partitions: regions,
      inputs: { region },
      run: ({ inputs }) => expectTypeOf(inputs.region).toEqualTypeOf<number>(),
    });
    defineAsset({ key: "e", partitions: files, inputs: { file }, run: ({ inputs }) => expectTypeOf(inputs.file).toEqualTypeOf<number>() });
    defineAsset({
      key: "f",
      partitions: both,
      inputs: { daily, region, combined },
      run: ({ inputs }) => {
        expectTypeOf(inputs.daily).toEqualTypeOf<number>();
        expectTypeOf(inputs.region).toEqualTypeOf<number>();
        expectTypeOf(inputs.combined).toEqualTypeOf<number>();
      },
    });
  });

  it("an input is a map where one partition reads several", () => {
    defineAsset({
      key: "a",
      partitions: days,
      inputs: { hourly },
      run: ({ inputs }) => expectTypeOf(inputs.hourly).toEqualTypeOf<Several>(),
    });
    defineAsset({
      key: "b",
      partitions: weeks,
      inputs: { daily },
      run: ({ inputs }) => expectTypeOf(inputs.daily).toEqualTypeOf<Several>(),
    });
    defineAsset({
      key: "c",
      partitions: months,
      inputs: { weekly },
      run: ({ inputs }) => expectTypeOf(inputs.weekly).toEqualTypeOf<Several>(),
    });
    defineAsset({
      key: "d",
      partitions: days,
      inputs: { combined },
      run: ({ inputs }) => expectTypeOf(inputs.combined).toEqualTypeOf<Several>(),
    });
    defineAsset({
      key: "e",
      inputs: { all: allPartitions(daily), last: lastPartition(daily) },
      run: ({ inputs }) => {
        expectTypeOf(inputs.all).toEqualTypeOf<Several>();
        expectTypeOf(inputs.last).toEqualTypeOf<number>();
      },
    });
  });

  it("an input is either where only the run can tell", () => {
    defineAsset({
      key: "a",
      partitions: days,
      inputs: { paris },
      run: ({ inputs }) => expectTypeOf(inputs.paris).toEqualTypeOf<number | Several>(),
    });
    defineAsset({
      key: "b",
      partitions: days,
      inputs: { morning },
      run: ({ inputs }) => expectTypeOf(inputs.morning).toEqualTypeOf<number | Several>(),
    });
    const zone: string = "Europe/Paris";
    const somewhere = dailyPartitions({ start: "2025-01-01", timezone: zone });
    const there = defineAsset({ key: "there", partitions: somewhere, run: () => 1 });
    defineAsset({
      key: "c",
      partitions: somewhere,
      inputs: { there },
      run: ({ inputs }) => expectTypeOf(inputs.there).toEqualTypeOf<number | Several>(),
    });
  });

  it("an input follows the mapping that is written", () => {
    defineAsset({
      key: "a",
      partitions: days,
      inputs: {
        before: dep(daily, mapping.timeWindow({ startOffset: -1, endOffset: -1 })),
        maybe: dep(daily, mapping.timeWindow({ startOffset: -1, endOffset: -1, allowNonexistentUpstream: true })),
        same: dep(daily, mapping.timeWindow()),
        two: dep(daily, mapping.timeWindow({ startOffset: -1 })),
        all: dep(daily, mapping.all()),
        last: dep(daily, mapping.last()),
        one: dep(daily, mapping.specific(["2025-01-01"])),
        some: dep(daily, mapping.specific(["2025-01-01", "2025-01-02"])),
        table: dep(region, mapping.static({ eu: ["2025-01-01"] })),
      },
      run: ({ inputs }) => {
        expectTypeOf(inputs.before).toEqualTypeOf<number>();
        expectTypeOf(inputs.maybe).toEqualTypeOf<number | undefined>();
        expectTypeOf(inputs.same).toEqualTypeOf<number>();
        expectTypeOf(inputs.two).toEqualTypeOf<Several>();
        expectTypeOf(inputs.all).toEqualTypeOf<Several>();
        expectTypeOf(inputs.last).toEqualTypeOf<number>();
        expectTypeOf(inputs.one).toEqualTypeOf<number>();
        expectTypeOf(inputs.some).toEqualTypeOf<Several>();
        expectTypeOf(inputs.table).toEqualTypeOf<number | Several>();
      },
    });
  });

  it("an input may be a map in a run of several partitions", () => {
    const each = defineAsset({
      key: "each",
      partitions: days,
      backfill: { maxPartitionsPerRun: 10 },
      inputs: { daily, whole },
      run: ({ inputs, partition }) => {
        expectTypeOf(inputs.daily).toEqualTypeOf<number | Several>();
        expectTypeOf(inputs.whole).toEqualTypeOf<number>();
        return new Map(partition.each.map((key) => [key, key.length]));
      },
    });
    expectTypeOf(each).toEqualTypeOf<Asset<"each", number, typeof days>>();
    const results = defineAsset({
      key: "results",
      partitions: days,
      backfill: { maxPartitionsPerRun: "all" },
      run: ({ partition }) => new Map(partition.each.map((key) => [key, materialization({ value: key })])),
    });
    expectTypeOf(results).toEqualTypeOf<Asset<"results", string, typeof days>>();
  });

  it("an input from a multi-asset follows its partitions", () => {
    const multi = defineMultiAsset({
      name: "multi",
      outputs: { out: { key: "out" } },
      partitions: hours,
      async *run() {
        yield { output: "out" as const, value: 1 };
      },
    });
    defineAsset({
      key: "a",
      partitions: days,
      inputs: { out: multi.outputs.out },
      run: ({ inputs }) => expectTypeOf(inputs.out).toEqualTypeOf<Several>(),
    });
    defineMultiAsset({
      name: "ranges",
      outputs: { out: { key: "out2", backfill: { maxPartitionsPerRun: 2 } } },
      partitions: days,
      inputs: { daily },
      run: ({ inputs }) => void expectTypeOf(inputs.daily).toEqualTypeOf<number | Several>(),
    });
  });
});
