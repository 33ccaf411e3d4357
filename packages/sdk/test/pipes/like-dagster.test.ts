import { join } from "node:path";
import { expect, it } from "vitest";
import {
  cronPartitions,
  dailyPartitions,
  defineAsset,
  defineMultiAsset,
  defineResource,
  dynamicPartitions,
  hourlyPartitions,
  monthlyPartitions,
  multiPartitions,
  staticPartitions,
  weeklyPartitions,
  type Partitions,
} from "@headgate/sdk";
import { openPartitions } from "@headgate/shared/domain/partitions/partition-set.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { ResourceRun } from "../../src/definitions/resource.ts";
import { contextText, pipesContext } from "../../src/integrations/pipes/pipes-context.ts";
import { only, runStep } from "../run-step.test-support.ts";
import { comparable, DAGSTER_FOLDER, pipes, python, readRecording, underHeadgate } from "./like-dagster.test-support.ts";

const recording = readRecording();

// The others run in like-dagster.engine.test.ts.
const SOME = [
  "numbers",
  "nested",
  "types",
  "exits_well",
  "raises_and_is_caught",
  "opens_nothing",
  "opens_in_a_child",
  "reports_twice",
  "reports_failed_check",
  "reports_what_looks_typed",
  "writes_much",
  "kills_itself",
];
it.each(SOME)("the unchanged program %s reports under Pipes what it reports under Dagster", async (name) => {
  const recorded = recording.programs.find((program) => program.name === name);
  expect(recorded && comparable(await underHeadgate(name))).toEqual(recorded && comparable(recorded));
});

it("a Pipes log line keeps its level and is cut", async () => {
  const asset = defineAsset({
    key: "ml/scores",
    requires: [pipes],
    run: ({ resources }) => resources.pipes.run({ command: [python, join(DAGSTER_FOLDER, "programs.py"), "logs_every_level"] }),
  });
  const env = { PATH: process.env["PATH"] ?? "" };
  const { events } = await runStep([asset], "ml/scores", { resources: [pipes], env, job: { assets: ["ml/scores"] } });
  expect(only(events, "log").map(({ level, message }) => [level, message.slice(0, 28), message.slice(28).slice(-40)])).toEqual([
    ["debug", "debug 売上\nsecond line", ""],
    ["info", "info 売上\nsecond line", ""],
    ["warn", "warning 売上\nsecond line", ""],
    ["error", "error 売上\nsecond line", ""],
    ["error", "critical 売上\nsecond line", ""],
    ["error", "without an exception", ""],
    ["info", "x".repeat(28), expect.stringMatching(/^x+… \[\d+ of 300000 characters cut\]$/)],
  ]);
});

const start = "2025-01-01";
const paris = "Europe/Paris";
const newYork = "America/New_York";
const day = (timezone?: string) => dailyPartitions({ start, timezone });

interface Case {
  readonly partitions?: Partitions;
  readonly key?: string;
  readonly version?: string | undefined;
  readonly extras?: Record<string, unknown>;
}
const CASES: Readonly<Record<string, Case>> = {
  plain: {},
  version: { version: "v3" },
  extras: { extras: { model: "m", n: 2n ** 60n, list: [1, { a: null }] } },
  daily: { partitions: day(), key: "2025-01-05" },
  "daily Paris": { partitions: day(paris), key: "2025-01-05" },
  "daily Paris, 23 hours": { partitions: day(paris), key: "2025-03-30" },
  "daily New York, 25 hours": { partitions: day(newYork), key: "2025-11-02" },
  "daily Kolkata": { partitions: day("Asia/Kolkata"), key: "2025-01-05" },
  "daily Lord Howe": { partitions: day("Australia/Lord_Howe"), key: "2025-04-06" },
  "daily at 6:30": { partitions: dailyPartitions({ start, timezone: paris, hourOffset: 6, minuteOffset: 30 }), key: "2025-01-05" },
  "hourly New York": { partitions: hourlyPartitions({ start: "2025-01-01-00:00", timezone: newYork }), key: "2025-11-02-03:00" },
  weekly: { partitions: weeklyPartitions({ start, timezone: paris }), key: "2025-01-05" },
  "monthly Kolkata": { partitions: monthlyPartitions({ start, timezone: "Asia/Kolkata" }), key: "2025-02-01" },
  cron: { partitions: cronPartitions({ cron: "0 6 * * 1-5", start, format: "%Y-%m-%d", timezone: newYork }), key: "2025-01-06" },
  static: { partitions: staticPartitions(["eu", "us"]), key: "eu" },
  dynamic: { partitions: dynamicPartitions("files"), key: "売上/2026年.csv" },
  "two dimensions": { partitions: multiPartitions({ day: day(paris), region: staticPartitions(["eu", "us"]) }), key: "2025-01-05|eu" },
  "two dimensions without time": {
    partitions: multiPartitions({ a: staticPartitions(["x"]), region: staticPartitions(["eu", "us"]) }),
    key: "x|eu",
  },
};

it.each(Object.entries(CASES))(
  "the Pipes context of %s is the one that Dagster gives",
  async (name, { extras, version, ...partitioned }) => {
    const seen = await contextOf({ version, ...partitioned }, extras);
    expect(seen).toEqual(readable(recording.contexts[name]));
  },
);

it("the Pipes context of several assets is the one that Dagster gives", async () => {
  const { resource, runs } = spy();
  const several = defineMultiAsset({
    name: "several",
    requires: [resource],
    outputs: { b: { key: "b", codeVersion: "v2" }, a: { key: "a" }, c: { key: "c/d", codeVersion: "v1" } },
    run: () => undefined,
  });
  await runStep([several], "multi:several", { resources: [resource], job: { assets: ["b", "a", "c/d"] } });
  expect(readable(pipesContext(runs[0], { assets: ["b", "a", "c/d"], extras: {} }))).toEqual(
    readable(recording.contexts["several assets"]),
  );
});

it("the Pipes context of a range has its ends and its window", async () => {
  const { start: first } = windowOf(day(paris), "2025-01-05");
  const { end } = windowOf(day(paris), "2025-01-08");
  const range = { first: "2025-01-05", last: "2025-01-08", count: 4 };
  const { resource, runs } = spy();
  const asset = defineAsset({ key: "ml/scores", partitions: day(paris), requires: [resource], run: () => undefined });
  await runStep([asset], "ml/scores", {
    resources: [resource],
    job: { partition: { key: "2025-01-05...2025-01-08", start: first, end, range } },
  });
  expect(pipesContext(runs[0], { assets: ["ml/scores"], extras: {} })).toMatchObject({
    partition_key: null,
    partition_key_range: { start: "2025-01-05", end: "2025-01-08" },
    partition_time_window: { start: "2025-01-05T00:00:00+01:00", end: "2025-01-09T00:00:00+01:00" },
  });
});

function spy() {
  const runs: (ResourceRun | undefined)[] = [];
  return { runs, resource: defineResource({ key: "spy", setup: ({ run }) => runs.push(run) }) };
}

async function contextOf({ partitions, key, version }: Case, extras: Record<string, unknown> = {}) {
  const { resource, runs } = spy();
  const asset = defineAsset({
    key: "ml/scores",
    requires: [resource],
    run: () => undefined,
    ...(version !== undefined && { codeVersion: version }),
    ...(partitions && { partitions }),
  });
  const partition = partitions && key !== undefined ? { key, ...windowOf(partitions, key) } : null;
  await runStep([asset], "ml/scores", { resources: [resource], job: { assets: ["ml/scores"], partition } });
  return readable(pipesContext(runs[0], { assets: ["ml/scores"], extras }));
}

function windowOf(partitions: Partitions, key: string): { start: number | null; end: number | null } {
  const set = unwrap(openPartitions(partitions.definition, { now: Date.UTC(2026, 0, 1), dynamicKeys: () => [key] }));
  const window = set.windowOf(key);
  return { start: window?.start ?? null, end: window?.end ?? null };
}

/** As a program reads it; the ids are others in each run. */
function readable(context: object | undefined): object {
  const { run_id: _run, job_name: _job, ...rest } = JSON.parse(contextText({ ...context } as never)) as Record<string, unknown>;
  return rest;
}
