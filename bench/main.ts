/** `npm run bench [-- --vs dagster]`: prints numbers; asserts none, because machines differ. Compare ratios within one run. */
import { cpus, loadavg } from "node:os";
import { measureHeadgate } from "./headgate.ts";
import { printTable } from "./stats.ts";

const vs = process.argv.includes("--vs") ? process.argv[process.argv.indexOf("--vs") + 1] : undefined;
if (vs !== undefined && vs !== "dagster") {
  console.error(`--vs knows 'dagster', not '${vs}'`);
  process.exit(2);
}
console.log(
  `${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(" ")}, Node ${process.versions.node}\n`,
);
const ours = await measureHeadgate();
const theirs = vs === "dagster" ? await (await import("./dagster.ts")).measureDagster() : null;
printTable(ours, theirs);
