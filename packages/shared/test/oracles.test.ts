import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../src/domain/json.ts";
import { ORACLES, type OracleName } from "../src/testing/oracle-cases.ts";

/** Where we differ on purpose: a part of the case's line that picks it out, and why. Every entry must still be needed. */
const INTENDED: Record<OracleName, readonly { readonly line: number; readonly contains: string; readonly reason: string }[]> = {
  selection: [],
  cron: [
    { line: 46, contains: '"* 11-11 4 * *"', reason: "the reference reads the range 11-11 as every hour; it is the hour 11" },
    {
      line: 265,
      contains: '"@hourly"',
      reason: "the reference stays half an hour off the local hour in a zone that is not a whole number of hours from UTC (Lord Howe)",
    },
  ],
  partitions: [
    {
      line: 5,
      contains: "Lord_Howe",
      reason: "after the half-hour change the reference counts an hour that has not ended, and its windows do not begin at their keys",
    },
    {
      line: 51,
      contains: "Lord_Howe",
      reason: "the reference aligns minute 15 to UTC instead of to the half-hour zone, so its keys say minute 45",
    },
    {
      line: 60,
      contains: "Lord_Howe",
      reason: "after the half-hour change the reference counts an hour that has not ended, and its windows do not begin at their keys",
    },
    {
      line: 196,
      contains: "Lord_Howe",
      reason: "after the half-hour change the reference counts an hour that has not ended, and its windows do not begin at their keys",
    },
    { line: 213, contains: "Lord_Howe", reason: "after the half-hour change the reference's windows do not begin at their keys" },
  ],
  mappings: [],
  automation: [],
};

describe.each(["selection", "cron", "partitions", "mappings", "automation"] as const)("reference cases of %s", (name) => {
  const lines = readFileSync(new URL(`./oracles/${name}.jsonl`, import.meta.url), "utf8")
    .trim()
    .split("\n");
  const intended = new Map(INTENDED[name].map((entry) => [entry.line, entry]));

  it.each(lines.map((line, index) => ({ number: index + 1, line })))(
    `${name} case $number is answered as in Dagster`,
    ({ number, line }) => {
      const { expected, got } = ORACLES[name](line);
      const difference = intended.get(number);
      if (!difference) return expect(got).toEqual(expected);
      expect(line).toContain(difference.contains);
      expect(canonicalJson(got), `no longer differs: ${difference.reason}`).not.toBe(canonicalJson(expected));
    },
  );
});
