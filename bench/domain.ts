/** `node bench/domain.ts [--vs dagster]`: what the meaning of things costs, without servers. Prints numbers, asserts none; compare ratios. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { measureAutomation } from "./domain-automation.ts";
import { ASSETS, bestOf, graphAssets, SCHEDULES } from "./domain-inputs.ts";
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { nextTickOf, openSchedule } from "@headgate/shared/domain/cron/catch-up.ts";
import { openPartitions, pageOfKeys, parsePartitionRange } from "@headgate/shared/domain/partitions/partition-set.ts";
import { countOf, difference, rangeSubset, subsetOf, union, withPartition } from "@headgate/shared/domain/partitions/subset.ts";
import { storeSubset } from "@headgate/shared/domain/partitions/subset-json.ts";
import { evaluateSelection } from "@headgate/shared/domain/selection/evaluate.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { printTable, type Measure } from "./stats.ts";

const vs = process.argv.includes("--vs") ? process.argv[process.argv.indexOf("--vs") + 1] : undefined;
if (vs !== undefined && vs !== "dagster") {
  console.error(`--vs knows 'dagster', not '${vs}'`);
  process.exit(2);
}
const load = loadavg()
  .map((average) => average.toFixed(1))
  .join(" ");
console.log(`${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, load ${load}, Node ${process.versions.node}\n`);
const ours = [...measureGraph(ASSETS), ...measureGraph(100_000), ...measurePartitions(), ...measureSchedules(), ...measureAutomation()];
printTable(ours, vs === "dagster" ? measureDagster() : null);

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
  // Opened once: what is asked of it afterwards must not walk over its partitions.
  const million = unwrap(openPartitions(minutes, { now }));
  million.keyAt(million.count - 1);
  const states = Array.from({ length: 1000 }, (_, asset) => {
    // A hole here and there, as failures leave them.
    const holes = subsetOf([asset, asset * 3 + 1, asset * 7 + 5].map((number) => number % 10_000));
    return difference(rangeSubset(0, 10_000), holes);
  });
  const numbers = states.reduce((total, state) => total + state.length, 0);
  const stored = states.reduce((total, state) => total + JSON.stringify(storeSubset(set, state)).length, 0);
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
      name: "1,000 assets x 10,000 hours: state, stored",
      unit: "MB",
      value: stored / 1e6,
      note: `${numbers.toLocaleString("en")} numbers in memory`,
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

function measureSchedules(): Measure[] {
  const now = Date.UTC(2025, 5, 1, 12, 34);
  const schedules = SCHEDULES.map(({ cron, zone }) => unwrap(openSchedule([cron], zone)));
  const value = bestOf(3, () => schedules.map((schedule) => nextTickOf(schedule, now)));
  return [{ name: "10,000 schedules: next tick of each", unit: "ms", value }];
}

/** Its numbers for the same inputs, when `npm run bench -- --vs dagster` has installed it. */
function measureDagster(): Measure[] | null {
  const python = join(import.meta.dirname, "../.headgate-bench/dagster-1.13.27/bin/python");
  if (!existsSync(python)) {
    console.error("Dagster is not installed here; `npm run bench -- --vs dagster` installs it. Printing our numbers alone.\n");
    return null;
  }
  const inputs = JSON.stringify({ assets: ASSETS, schedules: SCHEDULES });
  const script = join(import.meta.dirname, "domain-dagster.py");
  const result = spawnSync(python, [script], { input: inputs, encoding: "utf8", maxBuffer: 1e8, stdio: ["pipe", "pipe", "inherit"] });
  if (result.status !== 0) throw new Error(`Dagster's measurement ended with ${result.status}`);
  const measures: Measure[] = JSON.parse(result.stdout);
  return measures;
}
