/** `npm run bench`: prints numbers; asserts none, because machines differ. Compare ratios within one run. */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { printTable } from "./stats.ts";

const HELP = `Usage: npm run bench -- [options]

Measures Headgate and prints a table for each part.

Options:
  --only <part>    domain: graph, selection, partitions, schedules, conditions; system: start, latency, throughput, memory of a whole stack;
                   automation: how soon sensors, webhooks and schedules start their runs; dbt: steps and a warm dbt beside dbt by hand,
                   and a large project, see BENCH_DBT_MODELS
  --vs dagster     Dagster's numbers for the same work beside ours; installs it from PyPI into .headgate-bench when it is not there
  -h, --help       show help

Variables:
  BENCH_DBT_MODELS sizes of the dbt projects (default 1000; 1000,10000 takes a quarter of an hour more, and with Dagster an hour)
  BENCH_ASSETS     assets of the graph that both products build (default 10000; Dagster needs a quarter of an hour for them)`;
const PARTS: Readonly<Record<string, (compared: boolean) => Promise<void>>> = {
  domain: async (compared) => {
    const { measureDagsterDomain, measureDomain } = await import("./domain.ts");
    printTable(measureDomain(), compared ? measureDagsterDomain() : null);
  },
  system: async (compared) => {
    const { measureHeadgate } = await import("./headgate.ts");
    printTable(await measureHeadgate(), compared ? await (await import("./dagster.ts")).measureDagster() : null);
  },
  automation: async (compared) => {
    const { measureAutomationLatency } = await import("./automation.ts");
    printTable(
      await measureAutomationLatency(),
      compared ? await (await import("./dagster-automation.ts")).measureDagsterAutomation() : null,
    );
  },
  dbt: async (compared) => {
    await (await import("./dbt.ts")).measureDbtExample();
    await (await import("./dbt-scale.ts")).measureDbtScale(compared);
  },
};

const { values } = readOptions();
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const { only } = values;
if (only !== undefined && !Object.hasOwn(PARTS, only)) fail(`--only knows ${Object.keys(PARTS).join(", ")}, not '${only}'`);
if (values.vs !== undefined && values.vs !== "dagster") fail(`--vs knows 'dagster', not '${values.vs}'`);
const compared = values.vs === "dagster";
const load = loadavg()
  .map((average) => average.toFixed(1))
  .join(" ");
console.log(`${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, load ${load}, Node ${process.versions.node}\n`);

for (const [name, measure] of Object.entries(PARTS)) {
  if (only !== undefined && only !== name) continue;
  console.log(`-- ${name}`);
  await measure(compared);
  console.log();
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
