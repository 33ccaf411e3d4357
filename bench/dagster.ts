/** Measures Dagster with the same questions, in its own Python environment, with its in-process executor (its fastest). */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, removeFolder, stopProcess, temporaryFolder, until } from "../e2e/support/stack.ts";
import { installDagster } from "./dagster-environment.ts";
import { NOOPS } from "./headgate.ts";
import { familyMb } from "./process-memory.ts";
import { percentile, type Measure } from "./stats.ts";

const CLICKS = 5;
const LINES = 5000;

export async function measureDagster(): Promise<Measure[]> {
  const bin = installDagster();
  const home = temporaryFolder("bench-dagster");
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "dagster.yaml"), "telemetry:\n  enabled: false\n");
  const port = await freePort();
  const started = performance.now();
  const child = spawn(
    join(bin, "dagster"),
    ["dev", "-f", join(import.meta.dirname, "dagster/definitions.py"), "-p", String(port), "-h", "127.0.0.1"],
    {
      cwd: home,
      env: {
        ...process.env,
        PATH: `${bin}:${process.env["PATH"]}`,
        DAGSTER_HOME: home,
        BENCH_NOOPS: String(NOOPS),
        BENCH_LINES: String(LINES),
      },
      stdio: "ignore",
    },
  );
  const url = `http://127.0.0.1:${port}/graphql`;
  try {
    await until(
      "Dagster is ready",
      async () =>
        (await ask(url, "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")).repositoriesOrError?.nodes?.length,
      180_000,
    );
    const startSeconds = (performance.now() - started) / 1000;
    const clicks: number[] = [];
    for (let click = 0; click < CLICKS; click++) {
      const before = Date.now();
      const run = await runJob(url, "click_job");
      const began = await materializationNumber(url, run.id);
      if (began !== null) clicks.push(began - before);
    }
    const noops = await runJob(url, "noop_job");
    const lines = await runJob(url, "lines_job");
    return [
      { name: "start to usable, everything installed", unit: "s", value: startSeconds },
      { name: "click to user code, median", unit: "ms", value: percentile(clicks, 0.5) },
      { name: "click to user code, 95th percentile", unit: "ms", value: percentile(clicks, 0.95) },
      { name: "no-op asset, overhead per step", unit: "ms", value: noops.wallMs / NOOPS },
      { name: "events into one deployment", unit: "1/s", value: (LINES * 1000) / lines.runMs },
      { name: "memory, all processes", unit: "MB", value: familyMb(child.pid ?? 0) },
    ];
  } finally {
    await stopProcess(child);
    removeFolder(home);
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- the answers of a foreign GraphQL API, read field by field below
async function ask(url: string, query: string, variables: unknown = {}): Promise<any> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data?: unknown; errors?: unknown };
  if (body.data === undefined || body.data === null) throw new Error(JSON.stringify(body.errors));
  return body.data;
}

async function runJob(url: string, job: string): Promise<{ readonly id: string; readonly wallMs: number; readonly runMs: number }> {
  const before = performance.now();
  const launched = await ask(
    url,
    `mutation ($job: String!) { launchRun(executionParams: { selector: { repositoryLocationName: "definitions.py", repositoryName: "__repository__", jobName: $job }, runConfigData: {} }) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }`,
    { job },
  );
  const id: string | undefined = launched.launchRun.run?.runId;
  if (id === undefined) throw new Error(`Dagster refused ${job}: ${JSON.stringify(launched)}`);
  const run = await until(
    `Dagster's ${job} ends`,
    async () => {
      const { runOrError } = await ask(url, `query ($id: ID!) { runOrError(runId: $id) { ... on Run { status startTime endTime } } }`, {
        id,
      });
      return runOrError.status === "SUCCESS" || runOrError.status === "FAILURE" ? runOrError : null;
    },
    600_000,
  );
  return { id, wallMs: performance.now() - before, runMs: (run.endTime - run.startTime) * 1000 };
}

async function materializationNumber(url: string, run: string): Promise<number | null> {
  const { logsForRun } = await ask(
    url,
    `query ($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events { __typename ... on MaterializationEvent { metadataEntries { ... on IntMetadataEntry { label intValue intRepr } } } } } } }`,
    { id: run },
  );
  for (const event of logsForRun.events ?? [])
    for (const entry of event.metadataEntries ?? []) if (entry.label === "began") return Number(entry.intRepr ?? entry.intValue);
  return null;
}
