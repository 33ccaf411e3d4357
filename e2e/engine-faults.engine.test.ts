/** Broken engines under a real deployment: each fault is told at its asset, the rest of the run goes on, and no query is left behind. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventRow, RunDetail } from "@headgate/shared/contract/runs/run-views.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { ENDLESS_TIMEOUT_SECONDS, writeFaultyEngines, type EngineAddresses } from "./support/faulty-engines-project.ts";
import { allEvents } from "./support/run-audit.ts";
import { removeFolder, ROOT, startStack, temporaryFolder, until, type Stack } from "./support/stack.ts";
import { deleteQuery, killQuery, queriesWith, runningQuery, untilOver } from "./support/trino-queries.ts";

interface Started {
  stop(): Promise<void>;
}
interface Scripts {
  startTrino(options: { dataDir: string; onProgress(line: string): void }): Promise<Started & { url: string }>;
  startS3Server(options: {
    dataDir: string;
  }): Promise<Started & { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string }>;
  testFolder(name: string): string;
}

const folder = temporaryFolder("engine-faults");
const lockedFile = join(folder, "locked.duckdb");
const started: Started[] = [];
const servers: Server[] = [];
let holder: ChildProcess;
let trino: string;
let stack: Stack;

beforeAll(async () => {
  const load = async (name: string): Promise<Scripts> => (await import(join(ROOT, "scripts/engines", name))) as Scripts;
  const dataDir = (await load("engine-cache.mjs")).testFolder("e2e-faults");
  removeFolder(join(dataDir, "lake"));
  const server = await (await load("trino-server.mjs")).startTrino({ dataDir, onProgress: (line) => console.log(line) });
  started.push(server);
  trino = server.url;
  const s3 = await (await load("s3-server.mjs")).startS3Server({ dataDir: join(folder, "s3") });
  started.push(s3);
  const busy = await serve((response) => response.writeHead(503).end("draining"));
  const hanging = await serve(() => undefined);
  const short = await serve((response) => {
    response.writeHead(200, { "content-length": "1000", etag: '"x"' }).write("only this");
    setTimeout(() => response.destroy(), 50);
  });
  const env: EngineAddresses = {
    TRINO_URL: trino,
    HANGING_URL: hanging,
    BUSY_URL: busy,
    S3_URL: s3.endpoint,
    S3_REGION: s3.region,
    SHORT_S3_URL: short,
    S3_ID: s3.accessKeyId,
    S3_SECRET: s3.secretAccessKey,
    LOCKED_DB: lockedFile,
  };
  const project = join(folder, "project");
  mkdirSync(project);
  writeFaultyEngines(project);
  const script = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('open', flush=True); time.sleep(3600)";
  holder = spawn(join(ROOT, ".venv/bin/python"), ["-c", script, lockedFile], { stdio: ["ignore", "pipe", "inherit"] });
  if (holder.stdout) await once(holder.stdout, "data");
  stack = await startStack({ project, data: join(folder, "data"), env });
  expect((await stack.api.locations.list.query()).map(({ errors }) => errors)).toEqual([[]]);
});

afterAll(async () => {
  await stack?.stop();
  holder?.kill("SIGKILL");
  for (const each of servers) each.closeAllConnections();
  for (const each of servers) each.close();
  for (const each of started.reverse()) await each.stop();
  removeFolder(folder);
});

async function serve(answer: (response: Parameters<Parameters<typeof createServer>[1] & object>[1]) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ended(run: string): Promise<RunDetail> {
  return await until(
    `run ${run} to end`,
    async () => {
      const detail = await stack.api.runs.get.query({ run });
      return isTerminalRun(detail.run.status) ? detail : null;
    },
    300_000,
  );
}

describe("a run of everything on broken engines", () => {
  let detail: RunDetail;
  let events: readonly EventRow[];
  beforeAll(async () => {
    const run = await stack.api.runs.launch.mutate({ target: { selection: "* and not endless_*" } });
    const byDelete = runningQuery(trino, "a killed query").then((id) => deleteQuery(trino, id));
    const byCall = runningQuery(trino, "a killed model").then((id) => killQuery(trino, id, "too expensive, says ada"));
    await Promise.all([byDelete, byCall]);
    detail = await ended(run.id);
    events = await allEvents(stack.api, run.id);
  });
  const step = (key: string) => detail.steps.find((each) => each.key === key);
  const failureOf = (asset: string) =>
    events.flatMap(({ event }) => (event.type === "asset_failed" && event.asset === asset ? [event.failure] : []))[0];
  const materialized = () => new Set(events.flatMap(({ event }) => (event.type === "asset_materialized" ? [event.asset] : [])));

  it.each([
    ["trino_down", "http://127.0.0.1:1 cannot be reached"],
    ["trino_hangs", "no answer for 0.5 seconds"],
    ["trino_busy", "HTTP status 503: draining"],
    ["trino_catalog", "Catalog 'nope' not found"],
    ["trino_schema", "Schema 'nope' does not exist"],
    ["trino_password", "`auth` needs https"],
    ["trino_memory", "Query exceeded distributed user memory limit of 1MB"],
    ["trino_killed", "Query was canceled"],
    ["s3_denied", "denies GET of s3://lakehouse/none"],
    ["s3_region", "region"],
    ["s3_truncated", "s3://lakehouse/none"],
    ["pipes_garbage", "cannot be understood as Pipes messages. The first: garbage"],
    ["pipes_dies", "'sh' ended with signal SIGKILL: last words"],
    ["duckdb_locked", "Could not set lock on file"],
  ])("%s fails its own asset, says so, and skips only what is below", (name, sentence) => {
    expect(step(`${name}/broken`)).toMatchObject({ status: "failed", failure: { message: expect.stringContaining(sentence) } });
    expect(failureOf(`${name}/broken`)?.message).toContain(sentence);
    expect(step(`${name}/below`)?.status).toBe("skipped");
  });

  it("a program that leaves a process with its output behind ends as it ends", () => {
    expect([step("pipes_left/broken")?.status, step("pipes_left/below")?.status]).toEqual(["succeeded", "succeeded"]);
  });

  it("what stands by itself is made", () => {
    expect(step("sound/asset")?.status).toBe("succeeded");
    expect(detail.run.status).toBe("failed");
  });

  it("a dbt model that is wrong or killed fails with Trino's words, and what does not need it is made", () => {
    expect(failureOf("broken")).toMatchObject({
      kind: "dbt",
      message: expect.stringContaining("Column 'no_such_column' cannot be resolved"),
    });
    expect(failureOf("killed")).toMatchObject({ kind: "dbt", message: expect.stringContaining("too expensive, says ada") });
    const made = materialized();
    for (const asset of ["sound", "doubted", "beside"]) expect(made).toContain(asset);
    for (const asset of ["broken", "below_broken", "killed", "below_killed", "below_doubted"]) expect(made).not.toContain(asset);
  });

  it("a dbt test that fails is a failed check: with severity error it stops what is below, with warn nothing", () => {
    const checks = events.flatMap(({ event }) => (event.type === "check_evaluated" ? [event] : []));
    expect(checks).toContainEqual(expect.objectContaining({ asset: "doubted", check: "doubted_is_two", passed: false, severity: "error" }));
    expect(checks).toContainEqual(expect.objectContaining({ asset: "beside", check: "beside_is_two", passed: false, severity: "warn" }));
  });

  it("a dbt project on a DuckDB file that another program holds fails with who holds it", () => {
    expect(step("dbt:locked")).toMatchObject({
      status: "failed",
      failure: { message: expect.stringMatching(new RegExp(`Could not set lock on file .*PID ${holder.pid}`, "s")) },
    });
  });
});

describe("a dbt model that runs for hours on Trino", () => {
  const launch = async (model: string): Promise<{ readonly run: string; readonly query: string }> => {
    const { id } = await stack.api.runs.launch.mutate({ target: { selection: model } });
    return { run: id, query: await runningQuery(trino, model) };
  };

  const untilCanceled = async ({ query }: { readonly query: string }, model: string): Promise<void> => {
    const since = performance.now();
    expect(await untilOver(trino, query, model)).toBe("USER_CANCELED");
    console.log(`${model}: no query was left after ${(performance.now() - since).toFixed(0)} ms`);
  };

  it("is over with its run when that is canceled", async () => {
    const launched = await launch("endless_cancel");
    await stack.api.runs.cancel.mutate({ run: launched.run });
    await untilCanceled(launched, "endless_cancel");
    expect((await ended(launched.run)).run.status).toBe("canceled");
  });

  it("is over when its step takes too long", async () => {
    const launched = await launch("endless_timeout");
    expect(await untilOver(trino, launched.query, "endless_timeout")).toBe("USER_CANCELED");
    const over = Date.now();
    const { steps } = await ended(launched.run);
    expect(steps).toMatchObject([{ status: "failed", failure: { kind: "timeout" } }]);
    const timeout = (steps[0]?.startedAt ?? 0) + ENDLESS_TIMEOUT_SECONDS * 1000;
    console.log(`endless_timeout: no query was left after ${over - timeout} ms`);
  });

  it.each([
    ["the worker", "endless_worker", "workers"],
    ["the agent", "endless_agent", "agent"],
  ] as const)("is over when %s that runs dbt is killed", async (_who, model, kind) => {
    const launched = await launch(model);
    const pids = stack.children()[kind];
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await untilCanceled(launched, model);
    expect((await queriesWith(trino, model)).filter(({ state }) => state === "RUNNING")).toEqual([]);
  });
});
