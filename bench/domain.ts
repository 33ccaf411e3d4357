/** Measures the domain without servers: graph, selection, partitions, schedules. Numbers are printed, none asserted; compare ratios. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { installDagster } from "./dagster-environment.ts";
import { measureAutomation } from "./domain-automation.ts";
import { ASSETS, bestOf, graphAssets, SCHEDULES } from "./domain-inputs.ts";
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { nextTickOf, openSchedule } from "@headgate/shared/domain/cron/catch-up.ts";
import { openPartitions, pageOfKeys, parsePartitionRange } from "@headgate/shared/domain/partitions/partition-set.ts";
import {
  countOf,
  difference,
  includes,
  rangeSubset,
  subsetOf,
  union,
  withPartition,
  type PartitionSubset,
} from "@headgate/shared/domain/partitions/subset.ts";
import { storeSubset } from "@headgate/shared/domain/partitions/subset-json.ts";
import { evaluateSelection } from "@headgate/shared/domain/selection/evaluate.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Measure } from "./stats.ts";

export function measureDomain(): Measure[] {
  return [
    ...measureGraph(ASSETS),
    ...measureGraph(100_000),
    ...measurePartitions(),
    ...measureStates(),
    ...measureSchedules(),
    ...measureAutomation(),
  ];
}

function measureGraph(size: number): Measure[] {
  const assets = graphAssets(size);
  const name = (what: string) => `${size.toLocaleString("en")} assets: ${what}`;
  const built = bestOf(3, () => buildAssetGraph(assets));
  const graph = buildAssetGraph(assets);
  graph.levels();
  const middle = `n${size >> 1}`;
  const select = (text: string): Measure => {
    const selection = unwrap(parseSelection(text));
    const found = unwrap(evaluateSelection(selection, graph)).length;
    const note = `${found.toLocaleString("en")} found`;
    return { name: name(text.replaceAll(middle, "x")), unit: "ms", value: bestOf(5, () => evaluateSelection(selection, graph)), note };
  };
  return [
    { name: name("build the graph"), unit: "ms", value: built },
    select("*"),
    select("sinks(*)"),
    select(`+key:"${middle}"`),
    select(`key:"${middle}"+`),
    select('group:"g7" and tag:"tier"="gold"'),
  ];
}

function measurePartitions(): Measure[] {
  const now = Date.UTC(2025, 5, 1);
  const hourly = { type: "time", cadence: "hourly", start: "2024-01-01-00:00" } as const;
  const set = unwrap(openPartitions(hourly, { now }));
  const even = subsetOf(Array.from({ length: 5000 }, (_, index) => index * 2));
  const half = rangeSubset(2500, 7500);
  const minutes = { type: "time", cadence: "cron", cron: "* * * * *", start: "2023-07-01-00:00", format: "%Y-%m-%d-%H:%M" } as const;
  let unseen = 0;
  // Another end each time, because an opened definition is kept.
  const openUnseen = () => unwrap(openPartitions({ ...minutes, end: `2099-01-01-00:${String(unseen++ + 10)}` }, { now })).count;
  // Opened once: what is asked of it afterwards must not walk over its partitions.
  const million = unwrap(openPartitions(minutes, { now }));
  million.keyAt(million.count - 1);
  return [
    {
      name: "10,000 hours: number, first and last key",
      unit: "ms",
      value: bestOf(20, () => [set.count, set.keyAt(0), set.keyAt(set.count - 1)]),
    },
    { name: "10,000 hours: union with 5,000 single ones", unit: "ms", value: bestOf(20, () => countOf(union(even, half))) },
    { name: "10,000 hours: difference with 5,000 single ones", unit: "ms", value: bestOf(20, () => countOf(difference(half, even))) },
    { name: "10,000 hours: one more is materialized", unit: "ms", value: bestOf(20, () => withPartition(half, 7500)) },
    {
      name: "1,000,000 minutes: opened for the first time, and counted",
      unit: "ms",
      value: bestOf(3, openUnseen),
    },
    {
      name: "1,000,000 minutes: count, a page and a range",
      unit: "ms",
      value: bestOf(20, () => [
        million.count,
        pageOfKeys(million, 900_000, 50),
        parsePartitionRange(million, "2024-01-01-00:00...2024-12-31-00:00"),
      ]),
      note: `${million.count.toLocaleString("en")} partitions`,
    },
  ];
}

/** Which hours of a thousand assets are materialized, with few holes as failures leave them, and with every tenth hour missing. */
function measureStates(): Measure[] {
  const now = Date.UTC(2025, 5, 1);
  const set = unwrap(openPartitions({ type: "time", cadence: "hourly", start: "2024-01-01-00:00" }, { now }));
  const withHoles = (holes: (asset: number) => Iterable<number>) =>
    Array.from({ length: 1000 }, (_, asset) => difference(rangeSubset(0, 10_000), subsetOf(holes(asset))));
  const few = withHoles((asset) => [asset, asset * 3 + 1, asset * 7 + 5].map((number) => number % 10_000));
  const many = withHoles((asset) => Array.from({ length: 1000 }, (_, index) => index * 10 + (asset % 10)));
  const stored = (states: readonly PartitionSubset[]) =>
    states.reduce((total, state) => total + JSON.stringify(storeSubset(set, state)).length, 0) / 1e6;
  const note = (states: readonly PartitionSubset[]) =>
    `${((states.reduce((total, state) => total + state.length, 0) * 8) / 1e6).toFixed(2)} MB in memory`;
  const [one = [], other = []] = many.slice(4);
  const queries: Record<string, () => unknown> = {
    count: () => countOf(one),
    "is one in it": () => includes(one, 7777),
    union: () => union(one, other),
    difference: () => difference(one, other),
    "one more": () => withPartition(one, 4),
    "a page of keys": () => pageOfKeys(set, 9000, 50),
    "a range of keys": () => parsePartitionRange(set, "2024-03-01-00:00...2024-12-31-00:00"),
    store: () => storeSubset(set, one),
  };
  const slowest = Object.entries(queries)
    .map(([name, query]) => ({ name, ms: bestOf(20, query) }))
    .reduce((worst, entry) => (entry.ms > worst.ms ? entry : worst));
  return [
    { name: "1,000 assets x 10,000 hours: state, stored", unit: "MB", value: stored(few), note: note(few) },
    { name: "1,000 assets x 10,000 hours, every tenth missing: state, stored", unit: "MB", value: stored(many), note: note(many) },
    { name: "10,000 hours, every tenth missing: slowest query", unit: "ms", value: slowest.ms, note: slowest.name },
  ];
}

function measureSchedules(): Measure[] {
  const now = Date.UTC(2025, 5, 1, 12, 34);
  const schedules = SCHEDULES.map(({ cron, zone }) => unwrap(openSchedule([cron], zone)));
  const value = bestOf(3, () => schedules.map((schedule) => nextTickOf(schedule, now)));
  return [{ name: "10,000 schedules: next tick of each", unit: "ms", value }];
}

/** Dagster's numbers for the same inputs. */
export function measureDagsterDomain(): Measure[] {
  const python = join(installDagster(), "python");
  const inputs = JSON.stringify({ assets: ASSETS, schedules: SCHEDULES });
  const script = join(import.meta.dirname, "domain-dagster.py");
  const result = spawnSync(python, [script], { input: inputs, encoding: "utf8", maxBuffer: 1e8, stdio: ["pipe", "pipe", "inherit"] });
  if (result.status !== 0) throw new Error(`Dagster's measurement ended with ${result.status}`);
  const measures: Measure[] = JSON.parse(result.stdout);
  return measures;
}
