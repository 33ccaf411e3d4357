/** Generated dbt projects of any size: publish, catalog, runs through the whole product; times, processor time and memory, beside dagster-dbt. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import { CLI, descendants, removeFolder, ROOT, stackEnv, startStack, temporaryFolder, until, type Stack } from "../e2e/support/stack.ts";
import { installDagsterDbt } from "./dagster-environment.ts";
import { execute } from "./dbt.ts";
import { writeDbtProject } from "./dbt-project.ts";
import { memoryMb } from "./process-memory.ts";
import { ownCpuSeconds, watchFamily, type Watch } from "./process-watch.ts";
import { show } from "./stats.ts";

const SIZES = (process.env["BENCH_DBT_MODELS"] ?? "1000").split(",").map(Number);
const LONGEST_MS = 3_600_000;

export async function measureDbtScale(compared: boolean): Promise<void> {
  for (const models of SIZES) {
    const root = temporaryFolder("bench-dbt-scale");
    const database = join(root, "lake.duckdb");
    try {
      mkdirSync(join(root, "dbt"));
      await execute(database, writeDbtProject(join(root, "dbt"), models));
      console.log(`${models.toLocaleString("en")} models`);
      const manifest = await byHand(root, database);
      await measureProduct(root, database, models);
      if (compared) await measureDagsterDbt(root, database, manifest);
    } finally {
      removeFolder(root);
    }
  }
}

function line(who: string, name: string, values: { readonly seconds?: number; readonly cpu?: number; readonly mb?: number }): void {
  const first = values.mb === undefined ? show(values.seconds ?? null, "s") : show(values.mb, "MB");
  const cpu = values.cpu === undefined ? "" : show(values.cpu, "s").padStart(9) + " of a processor";
  console.log(`  ${who.padEnd(9)}${name.padEnd(42)}${first.padStart(9)}${cpu}`);
}

async function timed<T>(name: string, watch: Watch, work: () => Promise<T>): Promise<T> {
  const [before, cpuBefore] = [performance.now(), watch.cpuSeconds()];
  const result = await work();
  line("headgate", name, { seconds: (performance.now() - before) / 1000, cpu: watch.cpuSeconds() - cpuBefore });
  return result;
}

/** Runs a program to its end. */
async function measured(
  who: string,
  program: string,
  options: {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly name?: string;
    readonly onLine?: (text: string, watch: Watch) => void;
  },
): Promise<void> {
  const { args, env, cwd, name, onLine } = options;
  const before = performance.now();
  const child = spawn(program, args, { cwd, env: { ...stackEnv(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const watch = watchFamily(child.pid ?? 0);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  createInterface({ input: child.stdout }).on("line", (text) => onLine?.(text, watch));
  const code = await new Promise((done) => child.once("close", done));
  watch.stop();
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${String(code)}:\n${said}`);
  if (name !== undefined) line(who, name, { seconds: (performance.now() - before) / 1000, cpu: watch.cpuSeconds() });
  line(who, name === undefined ? "peak memory" : `  peak memory`, { mb: watch.peakMb() });
}

/** What both products need from dbt, and one model without either; the manifest is for dagster-dbt. */
async function byHand(root: string, database: string): Promise<string> {
  const target = join(root, "manifest");
  mkdirSync(target, { recursive: true });
  const folders = ["--project-dir", ".", "--profiles-dir", ".", "--target-path", target, "--log-path", target];
  for (const [name, args] of [
    ["dbt parse by hand, nothing parsed before", ["parse"]],
    ["dbt build of one model by hand", ["build", "--select", "bronze_00000"]],
  ] as const)
    await measured("dbt", join(ROOT, ".venv/bin/dbt"), {
      args: [...args, "--quiet", ...folders],
      cwd: join(root, "dbt"),
      env: { DUCKDB_PATH: database },
      name,
    });
  return join(target, "manifest.json");
}

/** `headgate publish` into a running stack, then runs, as a person would see them. */
async function measureProduct(root: string, database: string, models: number): Promise<void> {
  const empty = temporaryFolder("bench-empty");
  writeLocation(
    empty,
    "empty",
    `import { defineAsset, defineCodeLocation } from "@headgate/sdk";
export default defineCodeLocation({ name: "empty", assets: [defineAsset({ key: "nothing", async run() {} })] });
`,
  );
  writeLocation(
    root,
    "bench",
    `import { defineCodeLocation } from "@headgate/sdk";
import { dbtAssets, dbtProject } from "@headgate/sdk/dbt";
const project = dbtProject({ dir: "dbt", env: () => ({ DUCKDB_PATH: ${JSON.stringify(database)} }), executable: ${JSON.stringify(join(ROOT, ".venv/bin/dbt"))} });
export default defineCodeLocation({ name: "bench", assets: [dbtAssets({ project, name: "bench" })] });
`,
  );
  const stack = await startStack({ project: empty });
  const watch = watchFamily(stack.process.pid ?? 0);
  try {
    const args = ["publish", "--project", root, "--url", stack.url, "--deployment", `${stack.deployment.org}/${stack.deployment.name}`];
    const publish = (name: string) =>
      timed(`  of it in the stack`, watch, () =>
        measured("headgate", process.execPath, { args: [CLI, ...args], env: { HEADGATE_TOKEN: stack.token }, name }),
      );
    await publish("publish, first time");
    const last = `metrics/metrics_${String(models - 1).padStart(5, "0")}`;
    await timed("catalog has the last model (API)", watch, () =>
      until("the catalog has the last model", () => stack.api.assets.get.query({ key: last })),
    );
    const bytes = await timed("definitions document for the dashboard", watch, () => definitions(stack, last));
    line("headgate", "  its size", { mb: bytes / 1e6 });
    await timed("until the agent has loaded it", watch, () => until("the agent has loaded it", () => loaded(stack), LONGEST_MS));
    const bronze = (count: number) => Array.from({ length: count }, (_, index) => `bronze/bronze_${String(index).padStart(5, "0")}`);
    await timed("run of one model, first", watch, () => run(stack, bronze(1)));
    await timed("until the warm dbt is ready", watch, () => idle(stack));
    await timed("run of one model, warm", watch, () => run(stack, bronze(1)));
    await timed("run of 100 models, warm", watch, () => run(stack, bronze(100)));
    await publish("publish, nothing changed");
    const { workerd, agent, workers } = stack.children();
    const sum = (pids: readonly (number | undefined)[]) => pids.reduce<number>((total, pid) => total + memoryMb(pid ?? 0), 0);
    line("headgate", "memory: control plane", { mb: sum(workerd) });
    line("headgate", "memory: agent and its workers", { mb: sum([...agent, ...workers]) });
    line("headgate", "memory: warm dbt", { mb: sum([warmDbt(stack)]) });
    line("headgate", "peak of the stack, shared counted twice", { mb: watch.peakMb() });
  } finally {
    watch.stop();
    await stack.stop();
    removeFolder(stack.data);
    removeFolder(empty);
  }
}

function writeLocation(folder: string, name: string, code: string): void {
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), `{ "name": "${name}", "private": true, "type": "module" }\n`);
  writeFileSync(
    join(folder, "headgate.config.ts"),
    `import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "${name}", entry: "location.ts", indexTimeout: 3600 }] });\n`,
  );
  writeFileSync(join(folder, "location.ts"), code);
}

async function definitions(stack: Stack, last: string): Promise<number> {
  const { hash } = await stack.api.definitions.hash.query();
  const path = `${stack.url}/api/${stack.deployment.org}/${stack.deployment.name}/definitions/${hash}`;
  const text = await (await fetch(path, { headers: { authorization: `Bearer ${stack.token}` } })).text();
  if (!text.includes(`"${last}"`)) throw new Error(`the definitions document does not have ${last}`);
  return text.length;
}

async function loaded(stack: Stack): Promise<boolean> {
  const agents = await stack.api.agents.list.query();
  const locations = agents.flatMap((agent) => agent.locations).filter(({ location }) => location === "bench");
  if (locations.some(({ state }) => state === "failed")) throw new Error(JSON.stringify(locations));
  return locations.some(({ state }) => state === "ready");
}

async function run(stack: Stack, keys: readonly string[]): Promise<void> {
  const { id } = await stack.api.runs.launch.mutate({ target: { selection: keys.join(" or ") } });
  const ended = await until(
    "the run ends",
    async () => {
      const detail = await stack.api.runs.get.query({ run: id });
      return isTerminalRun(detail.run.status) ? detail : null;
    },
    LONGEST_MS,
  );
  if (ended.run.status !== "succeeded") throw new Error(`the run ${ended.run.status}: ${ended.failure?.message ?? ""}`);
}

function warmDbt(stack: Stack): number | undefined {
  return descendants(stack.process.pid ?? 0).find(({ command }) => command.includes("serve(json.loads"))?.pid;
}

/** A server that has read the project waits, and uses nothing. */
async function idle(stack: Stack): Promise<void> {
  const end = Date.now() + LONGEST_MS;
  for (let before = -1; Date.now() < end;) {
    const used = ownCpuSeconds(warmDbt(stack) ?? 0);
    if (used > 1 && used === before) return;
    before = used;
    await sleep(1000);
  }
}

async function measureDagsterDbt(root: string, database: string, manifest: string): Promise<void> {
  const python = join(installDagsterDbt(), "python");
  // It takes dbt's parse state from the project's own target folder.
  const own = join(root, "dbt/target");
  if (existsSync(own)) for (const entry of readdirSync(own)) rmSync(join(own, entry), { recursive: true });
  mkdirSync(own, { recursive: true });
  await copyFile(join(root, "manifest/partial_parse.msgpack"), join(own, "partial_parse.msgpack"));
  let cpu = 0;
  await measured("dagster", python, {
    args: [join(import.meta.dirname, "dagster/dbt_scale.py"), join(root, "dbt"), manifest, join(ROOT, ".venv/bin/dbt")],
    env: { DUCKDB_PATH: database },
    onLine: (text, watch) => {
      if (!text.startsWith('{"name"')) return;
      const { name, seconds } = JSON.parse(text) as { readonly name: string; readonly seconds: number };
      line("dagster", name, { seconds, cpu: watch.cpuSeconds() - cpu });
      cpu = watch.cpuSeconds();
    },
  });
}
