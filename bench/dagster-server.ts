/** A Dagster of its own for a measurement: started on a definitions file, asked over GraphQL, ended with everything it started. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, removeFolder, stopProcess, temporaryFolder, until } from "../e2e/support/stack.ts";
import { installDagster } from "./dagster-environment.ts";

export interface DagsterServer {
  readonly url: string;
  readonly file: string;
  readonly pid: number;
  readonly startSeconds: number;
  stop(): Promise<void>;
}

export async function startDagster(file: string, env: Readonly<Record<string, string>> = {}): Promise<DagsterServer> {
  const bin = installDagster();
  const home = temporaryFolder("bench-dagster");
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "dagster.yaml"), "telemetry:\n  enabled: false\n");
  const port = await freePort();
  const started = performance.now();
  const child = spawn(
    join(bin, "dagster"),
    ["dev", "-f", join(import.meta.dirname, "dagster", file), "-p", String(port), "-h", "127.0.0.1"],
    { cwd: home, env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, DAGSTER_HOME: home, ...env }, stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}/graphql`;
  const stop = async () => {
    await stopProcess(child);
    removeFolder(home);
  };
  try {
    await until(
      "Dagster is ready",
      async () =>
        (await ask(url, "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")).repositoriesOrError?.nodes?.length,
      180_000,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, file, pid: child.pid ?? 0, startSeconds: (performance.now() - started) / 1000, stop };
}

// oxlint-disable-next-line typescript/no-explicit-any -- the answers of a foreign GraphQL API, read field by field below
export async function ask(url: string, query: string, variables: unknown = {}): Promise<any> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data?: unknown; errors?: unknown };
  if (body.data === undefined || body.data === null) throw new Error(JSON.stringify(body.errors));
  return body.data;
}

export async function runJob(
  { url, file }: DagsterServer,
  job: string,
): Promise<{ readonly id: string; readonly wallMs: number; readonly runMs: number }> {
  const before = performance.now();
  const launched = await ask(
    url,
    `mutation ($job: String!, $file: String!) { launchRun(executionParams: { selector: { repositoryLocationName: $file, repositoryName: "__repository__", jobName: $job }, runConfigData: {} }) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }`,
    { job, file },
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

export async function beganOf({ url }: DagsterServer, run: string): Promise<number | null> {
  const { logsForRun } = await ask(
    url,
    `query ($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events { __typename ... on MaterializationEvent { metadataEntries { ... on IntMetadataEntry { label intValue intRepr } } } } } } }`,
    { id: run },
  );
  for (const event of logsForRun.events ?? [])
    for (const entry of event.metadataEntries ?? []) if (entry.label === "began") return Number(entry.intRepr ?? entry.intValue);
  return null;
}
