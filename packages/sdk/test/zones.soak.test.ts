/**
 * The zone of the machine changes nothing: the tests of partitions, cron, times, Dates and Pipes windows pass in each. UTC is the zone of
 * the ordinary run. `e2e/zones.soak.test.ts` does the same for agents.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const vitest = join(dirname(fileURLToPath(import.meta.resolve("vitest/package.json"))), "vitest.mjs");
const FILES = [
  "packages/shared/src/domain/cron",
  "packages/shared/src/domain/partitions",
  "packages/shared/src/format/time.test.ts",
  "packages/sdk/test/duckdb/duckdb-resource.test.ts",
  "packages/sdk/test/duckdb/values.test.ts",
  "packages/sdk/test/odd-values.test.ts",
  "packages/sdk/test/partition-values.test.ts",
  "packages/sdk/test/pipes/like-dagster.test.ts",
  "packages/sdk/test/pipes/values.test.ts",
  "packages/sdk/test/trino/values.test.ts",
];

it.each(["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])(
  "tests of times pass on a machine in %s",
  { timeout: 180_000 },
  async (zone) => {
    const folder = mkdtempSync(join(tmpdir(), "headgate-zones-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "report.json");
    const options = ["--project", "shared", "--project", "sdk", "--reporter", "json", "--outputFile", file, "--maxWorkers=2"];
    // A run inside a run must not believe that it is one of its workers.
    const env = Object.fromEntries(Object.entries({ ...process.env, TZ: zone }).filter(([name]) => !name.startsWith("VITEST")));
    // Failed tests end it with a code of their own, and the report names them.
    await once(spawn(process.execPath, [vitest, "run", ...options, ...FILES], { cwd: root, env, stdio: "ignore" }), "exit");
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    const failed = report.testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === "failed"));
    expect(failed.map(({ fullName, failureMessages }) => [fullName, ...failureMessages])).toEqual([]);
    expect(report).toMatchObject({ success: true, numFailedTestSuites: 0 });
    expect(report.numPassedTests).toBeGreaterThan(300);
  },
);

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}
