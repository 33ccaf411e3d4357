/** Does a step that ends before its Trino query leave the query behind? With a real agent, real workers and a real Trino. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { eventOf, openFixture, type Fixture } from "./agent-fixture.test-support.ts";
import { testJob, testVersion, type TestVersion } from "./test-location.ts";

interface TrinoServer {
  readonly url: string;
  stop(): Promise<void>;
}
interface Scripts {
  startTrino(options: { dataDir: string; onProgress(line: string): void }): Promise<TrinoServer>;
  testFolder(name: string): string;
}
interface ServerQuery {
  readonly state: string;
  readonly query: string;
  readonly errorCode?: { readonly name: string };
}

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
const BIN = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
let server: TrinoServer;
let version: TestVersion;

beforeAll(async () => {
  const script = async (name: string): Promise<Scripts> => (await import(join(REPOSITORY, "scripts/engines", name))) as Scripts;
  const dataDir = (await script("engine-cache.mjs")).testFolder("agent-trino");
  rmSync(join(dataDir, "lake"), { recursive: true, force: true });
  server = await (await script("trino-server.mjs")).startTrino({ dataDir, onProgress: (line) => console.log(line) });
  version = await publishedLocation();
});

afterAll(async () => {
  await server?.stop();
});

/** A code location as a user writes it, bundled as it is published. */
async function publishedLocation(): Promise<TestVersion> {
  const contents = `
    import { defineAsset, defineCodeLocation } from "@headgate/sdk";
    import { createRuntime } from "@headgate/sdk/runtime";
    import { trinoResource } from "@headgate/sdk/trino";
    const trino = trinoResource({ url: ${JSON.stringify(server.url)} });
    const orders = defineAsset({
      key: "orders",
      requires: [trino],
      run: async ({ resources, run }) =>
        void (await resources.trino.execute("select count(*) as n from tpch.sf1000.lineitem where comment = '" + run.tags.name + "'")),
    });
    export const runtime = createRuntime(defineCodeLocation({ name: "main", assets: [orders] }));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: REPOSITORY },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    conditions: ["headgate-source"],
    external: ["@duckdb/node-api"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  return testVersion({ version: "trino", bundle: outputFiles[0]?.text ?? "" });
}

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
  fixture.plane.addVersion(version);
});
afterEach(async () => {
  await fixture.close();
});

const job = (name: string, timeoutSeconds: number | null = null): ReturnType<typeof testJob> =>
  testJob("orders", { step: name, version: "trino", assets: ["orders"], tags: { name }, timeoutSeconds });

async function queriesWith(name: string): Promise<readonly ServerQuery[]> {
  const answer = await fetch(`${server.url}/v1/query`, { headers: { "X-Trino-User": "observer" } });
  return ((await answer.json()) as ServerQuery[]).filter(({ query }) => query.includes(`'${name}'`));
}

async function untilItRuns(name: string): Promise<void> {
  while ((await queriesWith(name))[0]?.state !== "RUNNING") await sleep(50);
}

/** Trino itself gives up on a silent client after five minutes: the test's own time limit is far below. */
async function untilItIsOver(name: string): Promise<void> {
  const since = performance.now();
  for (;;) {
    const [query] = await queriesWith(name);
    if (query?.state === "FAILED") {
      expect(query.errorCode?.name).toBe("USER_CANCELED");
      console.log(`${name}: no query left after ${Math.round(performance.now() - since)} ms`);
      return;
    }
    await sleep(50);
  }
}

it("canceling the step cancels its query", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(job("asked"));
  await untilItRuns("asked");
  plane.send({ t: "cancel", run: "run-1", step: "asked", epoch: 1, graceMs: 5_000, reason: "asked" });
  await untilItIsOver("asked");
  expect(await plane.doneOf("asked")).toEqual({ outcome: "canceled" });
});

it("a step that takes too long ends with its query", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(job("slow", 3));
  await untilItRuns("slow");
  expect(await plane.doneOf("slow")).toMatchObject({ outcome: "failed", failure: { kind: "timeout" } });
  await untilItIsOver("slow");
});

it("a worker killed with its process group leaves no query", async () => {
  const { plane } = fixture;
  await fixture.start();
  plane.lease(job("shot"));
  await untilItRuns("shot");
  process.kill(-eventOf(plane.eventsOf("shot"), "step_started").pid, "SIGKILL");
  await untilItIsOver("shot");
  expect(await plane.doneOf("shot")).toMatchObject({ outcome: "failed" });
});

it("an agent that is killed leaves no query", async () => {
  const { plane, dataDir } = fixture;
  const agent = spawn(process.execPath, [BIN, "--url", plane.url, "--data", dataDir, "--slots", "1", "--warm", "1"], {
    env: { PATH: process.env["PATH"], HEADGATE_AGENT_TOKEN: plane.token },
    stdio: "ignore",
  });
  try {
    await plane.until("connected", () => plane.hellos.length === 1);
    plane.lease(job("lost"));
    await untilItRuns("lost");
  } finally {
    agent.kill("SIGKILL");
  }
  await untilItIsOver("lost");
});
