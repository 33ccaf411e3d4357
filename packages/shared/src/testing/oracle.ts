/** `node oracle.ts selection|cron|partitions|mappings|automation < cases.jsonl` prints `{ok, expected, got}` for each line and ends with 1 when any differs. */
import { createInterface } from "node:readline";
import { canonicalJson } from "../domain/json.ts";
import { isOracleName, ORACLES, type OracleAnswer } from "./oracle-cases.ts";

const [name = ""] = process.argv.slice(2);
if (!isOracleName(name)) {
  console.error(`Usage: node oracle.ts ${Object.keys(ORACLES).join("|")} < cases.jsonl`);
  process.exit(2);
}
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  const answer = answerOf(line);
  const ok = canonicalJson(answer.expected) === canonicalJson(answer.got);
  if (!ok) process.exitCode = 1;
  console.log(JSON.stringify({ ok, ...answer }));
}

/** A line that cannot be answered differs, instead of ending the comparison. */
function answerOf(line: string): OracleAnswer {
  try {
    return isOracleName(name) ? ORACLES[name](line) : { expected: null, got: null };
  } catch (error) {
    return { expected: null, got: { threw: String(error) } };
  }
}
