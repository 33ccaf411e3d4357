import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import { buildAssetGraph } from "../asset-graph.ts";
import type { PartitionMapping, PartitionsDefinition } from "../partitions/definition.ts";
import { openPartitions } from "../partitions/partition-set.ts";
import type { PartitionSubset } from "../partitions/subset.ts";
import {
  backfillProgress,
  MAX_BACKFILL_LINKS,
  MAX_BACKFILL_RUNS,
  nextBackfillRuns,
  planBackfill,
  type BackfillRunState,
} from "./backfill.ts";

const now = Date.UTC(2025, 0, 4);
const daily: PartitionsDefinition = { type: "time", cadence: "daily", start: "2025-01-01" };
const hourly: PartitionsDefinition = { type: "time", cadence: "hourly", start: "2025-01-01-00:00" };

interface Asset {
  readonly deps?: readonly string[];
  readonly partitions?: PartitionsDefinition;
  readonly mapping?: PartitionMapping;
}

function plan(assets: Record<string, Asset>, options: { perRun?: number; wanted?: Record<string, PartitionSubset> } = {}) {
  const graph = buildAssetGraph(
    Object.entries(assets).map(([key, { deps = [], partitions, mapping }]) => {
      const common = { key, unit: key, location: "main", group: "default", kinds: [], owners: [], tags: {}, partitions };
      return { ...common, deps: deps.map((dep) => ({ key: dep, mapping })) };
    }),
  );
  const open = (key: string) => (assets[key]?.partitions ? unwrap(openPartitions(assets[key].partitions, { now })) : null);
  return planBackfill({
    graph,
    assets: Object.keys(assets),
    partitionsOf: open,
    wanted: (key) => options.wanted?.[key] ?? [0, open(key)?.count ?? 1],
    partitionsPerRun: options.perRun ?? 1,
  });
}
const lines = (...args: Parameters<typeof plan>) =>
  unwrap(plan(...args)).map(
    ({ assets, partition, after }) => `${assets.join("+")} ${partition ?? "-"}${after.length > 0 ? ` after ${after.join(" ")}` : ""}`,
  );

describe("a backfill", () => {
  it("puts assets with the same partitions into one run for each partition", () => {
    expect(lines({ a: { partitions: daily }, b: { deps: ["a"], partitions: daily } })).toEqual([
      "a+b 2025-01-01",
      "a+b 2025-01-02",
      "a+b 2025-01-03",
    ]);
  });

  it("a range becomes one run, or as many as its size demands", () => {
    expect(lines({ a: { partitions: daily } }, { perRun: Infinity })).toEqual(["a 2025-01-01...2025-01-03"]);
    expect(lines({ a: { partitions: daily } }, { perRun: 2 })).toEqual(["a 2025-01-01...2025-01-02", "a 2025-01-03"]);
    expect(lines({ a: { partitions: daily } }, { perRun: Infinity, wanted: { a: [0, 1, 2, 3] } })).toEqual([
      "a 2025-01-01",
      "a 2025-01-03",
    ]);
  });

  it("lets a day wait for its hours only", () => {
    const runs = lines({ h: { partitions: hourly }, d: { deps: ["h"], partitions: daily } }, { perRun: 24 });
    expect(runs.slice(3)).toEqual([
      "d 2025-01-01...2025-01-03 after h[2025-01-01-00:00...2025-01-01-23:00] h[2025-01-02-00:00...2025-01-02-23:00] h[2025-01-03-00:00...2025-01-03-23:00]",
    ]);
    const single = lines(
      { h: { partitions: hourly }, d: { deps: ["h"], partitions: daily } },
      { perRun: 1, wanted: { h: [0, 1], d: [0, 2] } },
    );
    expect(single).toEqual(["h 2025-01-01-00:00", "d 2025-01-01 after h[2025-01-01-00:00]", "d 2025-01-02"]);
  });

  it("keeps assets apart that read other partitions of each other", () => {
    const mapping = { type: "time_window", startOffset: -1, endOffset: -1 } as const;
    expect(lines({ a: { partitions: daily }, b: { deps: ["a"], partitions: daily, mapping } })).toEqual([
      "a 2025-01-01",
      "a 2025-01-02",
      "a 2025-01-03",
      "b 2025-01-01",
      "b 2025-01-02 after a[2025-01-01]",
      "b 2025-01-03 after a[2025-01-02]",
    ]);
  });

  it("an unpartitioned asset and the partitions beside it wait for each other", () => {
    expect(lines({ a: {}, b: { deps: ["a"], partitions: daily }, c: { deps: ["b"] } }, { perRun: Infinity })).toEqual([
      "a -",
      "b 2025-01-01...2025-01-03 after a",
      "c - after b[2025-01-01...2025-01-03]",
    ]);
  });

  it("makes no circle where two groups meet", () => {
    const runs = unwrap(
      plan({ a: { partitions: daily }, x: {}, b: { deps: ["a", "x"], partitions: daily }, c: { deps: ["a"], partitions: daily } }),
    );
    const position = new Map(runs.map(({ id }, index) => [id, index]));
    for (const [index, { after }] of runs.entries()) for (const id of after) expect(position.get(id)).toBeLessThan(index);
  });

  it("shares a run only between assets whose partitions are the same ones", () => {
    const regions: PartitionsDefinition = { type: "static", keys: ["eu", "us"] };
    expect(lines({ a: {}, b: { deps: ["a"] } })).toEqual(["a+b -"]);
    expect(lines({ a: { partitions: regions }, b: { deps: ["a"], partitions: regions } })).toEqual(["a+b eu", "a+b us"]);
    const one = { wanted: { a: [0, 1], b: [0, 1] } };
    expect(lines({ a: {}, b: { deps: ["a"], partitions: daily } }, one)).toEqual(["a -", "b 2025-01-01 after a"]);
    expect(lines({ a: { partitions: daily }, b: { deps: ["a"] } }, one)).toEqual(["a 2025-01-01", "b - after a[2025-01-01]"]);
    expect(lines({ a: { partitions: hourly }, b: { deps: ["a"], partitions: daily } }, one)).toHaveLength(2);
  });

  it("puts upstream first, whatever the order of the definitions", () => {
    expect(lines({ c: { deps: ["b"], partitions: daily }, b: { deps: ["a"] }, a: {} }, { perRun: Infinity })).toEqual([
      "a+b -",
      "c 2025-01-01...2025-01-03 after a",
    ]);
    expect(lines({ x: {}, b: {}, a: {} })).toEqual(["x -", "b -", "a -"]);
  });

  it("a canceled run blocks what it would have made", () => {
    const runs = unwrap(plan({ a: {}, b: { deps: ["a"], partitions: daily } }, { perRun: Infinity }));
    expect(backfillProgress(runs, () => "waiting")).toMatchObject({ waiting: 2, done: false });
    expect(backfillProgress(runs, (id) => (id === "a" ? "canceled" : "waiting"))).toMatchObject({ canceled: 1, blocked: 1, done: true });
    expect(backfillProgress(runs, (id) => (id === "a" ? "active" : "waiting"))).toMatchObject({ active: 1, waiting: 1, done: false });
    expect(backfillProgress(runs, (id) => (id === "a" ? "succeeded" : "active"))).toMatchObject({ active: 1, waiting: 0, done: false });
  });

  it("a backfill continues from what is done, but not past a failure", () => {
    const runs = unwrap(
      plan({ a: { partitions: daily }, x: { partitions: daily, deps: ["a"], mapping: { type: "time_window", startOffset: -1 } } }),
    );
    const states = new Map<string, BackfillRunState>();
    const stateOf = (id: string) => states.get(id) ?? "waiting";
    expect(nextBackfillRuns(runs, stateOf, 2).map(({ id }) => id)).toEqual(["a[2025-01-01]", "a[2025-01-02]"]);
    states.set("a[2025-01-01]", "active").set("a[2025-01-02]", "failed").set("a[2025-01-03]", "succeeded");
    expect(nextBackfillRuns(runs, stateOf, 1)).toEqual([]);
    expect(nextBackfillRuns(runs, stateOf, 9)).toEqual([]);
    expect(backfillProgress(runs, stateOf)).toEqual({
      waiting: 1,
      active: 1,
      succeeded: 1,
      failed: 1,
      canceled: 0,
      blocked: 2,
      done: false,
    });
    states.set("a[2025-01-01]", "succeeded");
    expect(nextBackfillRuns(runs, stateOf, 9).map(({ id }) => id)).toEqual(["x[2025-01-01]"]);
    states.set("x[2025-01-01]", "canceled");
    expect(backfillProgress(runs, stateOf)).toMatchObject({ done: true, blocked: 2, canceled: 1 });
  });

  it("makes as many runs as are allowed and not one more", () => {
    const keys = (count: number): PartitionsDefinition => ({
      type: "static",
      keys: Array.from({ length: count }, (_, index) => `k${index}`),
    });
    const most = keys(MAX_BACKFILL_RUNS);
    expect(unwrap(plan({ a: { partitions: most } }))).toHaveLength(MAX_BACKFILL_RUNS);
    const tooLarge = { ok: false, error: { code: "too_large" } };
    expect(plan({ a: { partitions: keys(MAX_BACKFILL_RUNS + 1) } })).toMatchObject(tooLarge);
    expect(plan({ a: { partitions: most }, b: {} })).toMatchObject(tooLarge);
    expect(unwrap(plan({ a: { partitions: keys(MAX_BACKFILL_RUNS - 1) }, b: {} }))).toHaveLength(MAX_BACKFILL_RUNS);
    expect(plan({ a: { partitions: most }, b: { partitions: keys(1) } })).toMatchObject(tooLarge);
    // Every second one: no two can share a run, however many may.
    const holes = (count: number) => Array.from({ length: 2 * count }, (_, index) => index);
    const twice = keys(2 * MAX_BACKFILL_RUNS + 2);
    expect(unwrap(plan({ a: { partitions: twice } }, { perRun: 2, wanted: { a: holes(MAX_BACKFILL_RUNS) } }))).toHaveLength(
      MAX_BACKFILL_RUNS,
    );
    expect(plan({ a: { partitions: twice } }, { perRun: 2, wanted: { a: holes(MAX_BACKFILL_RUNS + 1) } })).toMatchObject(tooLarge);
  });

  it("refuses more orders between runs than anybody can keep", () => {
    const keys = (count: number): PartitionsDefinition => ({
      type: "static",
      keys: Array.from({ length: count }, (_, index) => `k${index}`),
    });
    const crossed = (count: number) =>
      plan({ a: { partitions: keys(1000) }, b: { deps: ["a"], partitions: keys(count), mapping: { type: "all" } } });
    expect(unwrap(crossed(MAX_BACKFILL_LINKS / 1000))).toHaveLength(2000);
    const refused = { ok: false, error: { code: "too_large", message: expect.stringContaining("orders between its runs") } };
    expect(crossed(MAX_BACKFILL_LINKS / 1000 + 1)).toMatchObject(refused);
  });

  it("refuses what it cannot plan", () => {
    for (const perRun of [0, 1.5, NaN, -Infinity]) expect(plan({ a: { partitions: daily } }, { perRun }).ok).toBe(false);
    const minutes: PartitionsDefinition = {
      type: "time",
      cadence: "cron",
      cron: "* * * * *",
      start: "2020-01-01",
      format: "%Y-%m-%d-%H:%M",
    };
    const flood = plan({ a: { partitions: minutes } });
    expect(flood.ok ? null : flood.error.code).toBe("too_large");
  });
});
