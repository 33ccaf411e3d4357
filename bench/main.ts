/** `npm run bench`: prints numbers; asserts none, because machines differ. Compare ratios within one run. */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { printTable } from "./stats.ts";

const HELP = `Usage: npm run bench -- [options]

Measures Headgate and prints a table for each part.

Options:
  --only <part>    system: start, latency, throughput, memory of a whole stack; domain: graph, selection, partitions, schedules, automation
  --vs dagster     Dagster's numbers for the same work beside ours; installs it from PyPI into .headgate-bench when it is not there
  -h, --help       show help

Variables:
  BENCH_ASSETS     assets of the graph that both products build (default 10000; Dagster needs a quarter of an hour for them)`;
const PARTS = ["domain", "system"] as const;

const { values } = readOptions();
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const only = PARTS.find((part) => part === values.only);
if (values.only !== undefined && only === undefined) fail(`--only knows ${PARTS.join(" and ")}, not '${values.only}'`);
if (values.vs !== undefined && values.vs !== "dagster") fail(`--vs knows 'dagster', not '${values.vs}'`);
const compared = values.vs === "dagster";
const load = loadavg()
  .map((average) => average.toFixed(1))
  .join(" ");
console.log(`${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, load ${load}, Node ${process.versions.node}\n`);

if (only !== "system") {
  const { measureDagsterDomain, measureDomain } = await import("./domain.ts");
  const ours = measureDomain();
  printTable(ours, compared ? measureDagsterDomain() : null);
}
if (only !== "domain") {
  if (only === undefined) console.log();
  const { measureHeadgate } = await import("./headgate.ts");
  const ours = await measureHeadgate();
  printTable(ours, compared ? await (await import("./dagster.ts")).measureDagster() : null);
}

function readOptions() {
  try {
    return parseArgs({
      options: { only: { type: "string" }, vs: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(message: string): never {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}
