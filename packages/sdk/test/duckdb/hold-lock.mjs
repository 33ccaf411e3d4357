// A process of its own that takes a database lock and keeps it until it is told to go or is killed.
import { lockDatabase } from "../../src/integrations/duckdb/file-lock.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const lock = await lockDatabase({
  path: process.argv[2],
  holder: "step gold/other",
  owner: "other",
  log: quiet,
  signal: new AbortController().signal,
});
process.stdout.write("held\n");
process.stdin.once("data", () => {
  lock.release();
  process.exit(0);
});
