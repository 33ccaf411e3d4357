/** What is left on a real Trino when dbt is stopped in the middle of a model: nothing, and each query says which run it belongs to. */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { dbtAssets, dbtProject } from "../../src/integrations/dbt/index.ts";
import { materialize } from "../../src/testing/index.ts";
import { until } from "../trino/open-trino.test-support.ts";
import { dataFolder, queriesOf, runningWith, startTrinoServer, type TrinoServer } from "../trino/trino-server.test-support.ts";

const BUILD = fileURLToPath(new URL("build-on-trino.ts", import.meta.url));
let server: TrinoServer;

beforeAll(async () => {
  server = await startTrinoServer({ dataDir: await dataFolder("sdk-dbt") });
});

afterAll(async () => {
  await server?.stop();
});

/** A project with a model that takes hours, known by a text in its query. */
function projectFolder(mark: string): string {
  const root = mkdtempSync(join(tmpdir(), "headgate-dbt-trino-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const file = (path: string, ...lines: readonly string[]): void => writeFileSync(join(root, "dbt", path), `${lines.join("\n")}\n`);
  mkdirSync(join(root, "dbt/models"), { recursive: true });
  file("dbt_project.yml", "name: slow", 'version: "1.0.0"', "config-version: 2", "profile: slow", "models: {+materialized: table}");
  file(
    "profiles.yml",
    "slow:",
    "  target: trino",
    "  outputs:",
    "    trino:",
    "      {type: trino, method: none, http_scheme: http, host: 127.0.0.1, cert: true, user: dbt, database: lakehouse, schema: slow, threads: 2,",
    `       port: "{{ env_var('TRINO_URL').split(':')[2] | as_number }}"}`,
  );
  file("models/quick.sql", "select 1 as id");
  file("models/forever.sql", `select count(*) as n from tpch.sf1000.lineitem where comment = '${mark}'`);
  return root;
}

const stateOf = async (mark: string): Promise<string | undefined> => (await runningWith(server, `'${mark}'`))[0]?.state;

/** Not by Trino's own time limit for silent clients. */
async function expectCanceled(mark: string): Promise<void> {
  const stopped = performance.now();
  await until(async () => (await stateOf(mark)) === undefined);
  console.log(`${mark}: no query was left after ${(performance.now() - stopped).toFixed(0)} ms`);
  const [query] = (await queriesOf(server)).filter((found) => found.query.includes(`'${mark}'`));
  expect(query?.errorCode?.name).toBe("USER_CANCELED");
}

test("cancelling the step cancels dbt's query, which carries the tags of run and step", async () => {
  const root = projectFolder("cancelled");
  const abort = new AbortController();
  const project = dbtProject({ dir: "dbt" });
  const done = materialize([dbtAssets({ project, name: "slow", select: "forever" })], {
    root,
    env: { TRINO_URL: server.url },
    signal: abort.signal,
  });
  await until(async () => (await stateOf("cancelled")) === "RUNNING");
  const [query] = await runningWith(server, "'cancelled'");
  expect(query?.session.clientTags.map((tag) => tag.split(":")[0]).sort()).toEqual(["run", "step"]);
  abort.abort();
  await expectCanceled("cancelled");
  expect((await done).success).toBe(false);
});

for (const how of ["once", "warm"])
  test(`killing the process that runs dbt leaves no query (${how === "warm" ? "a fork of a warm dbt" : "a dbt of its own"})`, async () => {
    const root = projectFolder(`killed-${how}`);
    const child = fork(BUILD, [root, server.url, how], { execArgv: ["--conditions=headgate-source"], stdio: "inherit" });
    onTestFinished(() => void child.kill("SIGKILL"));
    await until(async () => (await stateOf(`killed-${how}`)) === "RUNNING");
    child.kill("SIGKILL");
    await once(child, "exit");
    await expectCanceled(`killed-${how}`);
  });

/** dbt with its launcher and server, as far as there are any; not the guard of its queries, which a killer of processes does not know. */
function dbtBelow(root: number): number[] {
  const rows = execFileSync("ps", ["-ww", "-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const all = rows.map((row) => {
    const [, pid, parent, args = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];
    return { pid: Number(pid), parent: Number(parent), args };
  });
  const below = (pid: number): typeof all => all.filter(({ parent }) => parent === pid).flatMap((row) => [row, ...below(row.pid)]);
  return below(root).flatMap(({ pid, args }) => (/python/.test(args) && !/ -I -c /.test(args) ? [pid] : []));
}

for (const how of ["once", "warm"])
  test(`a dbt that is killed itself leaves no query (${how === "warm" ? "a fork of a warm dbt" : "a dbt of its own"})`, async () => {
    const mark = `shot-${how}`;
    const root = projectFolder(mark);
    const child = fork(BUILD, [root, server.url, how], { execArgv: ["--conditions=headgate-source"], stdio: "inherit" });
    onTestFinished(() => void child.kill("SIGKILL"));
    await until(async () => (await stateOf(mark)) === "RUNNING");
    const pids = dbtBelow(child.pid ?? 0);
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await expectCanceled(mark);
  });
