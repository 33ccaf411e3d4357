/** Generated dbt projects of 1,000 and 10,000 models: publish, catalog, runs; times and peak memory, beside dagster-dbt for the same manifest. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { removeFolder, ROOT, stackEnv, startStack, temporaryFolder, until } from "../e2e/support/stack.ts";
import { installDagsterDbt } from "./dagster-environment.ts";
import { execute } from "./dbt.ts";
import { writeDbtProject } from "./dbt-project.ts";
import { familyMb } from "./process-memory.ts";
import { show } from "./stats.ts";

const SIZES = (process.env["BENCH_DBT_MODELS"] ?? "1000").split(",").map(Number);

export async function measureDbtScale(compared: boolean): Promise<void> {
  for (const models of SIZES) {
    const root = temporaryFolder("bench-dbt-scale");
    const database = join(root, "lake.duckdb");
    try {
      mkdirSync(join(root, "dbt"));
      await execute(database, writeDbtProject(join(root, "dbt"), models));
      console.log(`${models.toLocaleString("en")} models`);
      await measured("headgate", process.execPath, { args: [join(import.meta.dirname, "dbt-child.ts"), root, database], env: {} });
      await catalog(root, database, models);
      if (compared) {
        const bin = installDagsterDbt();
        const manifest = await manifestOf(root, database);
        const script = join(import.meta.dirname, "dagster/dbt_scale.py");
        await measured("dagster", join(bin, "python"), {
          args: [script, join(root, "dbt"), manifest, join(ROOT, ".venv/bin/dbt")],
          env: { DUCKDB_PATH: database },
        });
      }
    } finally {
      removeFolder(root);
    }
  }
}

/** Runs a program that prints its times, and watches the memory of all its processes. */
async function measured(
  who: string,
  program: string,
  { args, env }: { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const child = spawn(program, args, { env: { ...stackEnv(), ...env }, stdio: ["ignore", "pipe", "inherit"] });
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, familyMb(child.pid ?? 0))), 200);
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = readLine(text);
    if (line === null) return;
    console.log(
      `  ${who.padEnd(9)}${line.name.padEnd(34)}${show(line.seconds ?? line.mb ?? null, line.seconds === undefined ? "MB" : "s").padStart(9)}`,
    );
  });
  const code = await new Promise((done) => child.once("close", done));
  clearInterval(watch);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${String(code)}`);
  console.log(`  ${who.padEnd(9)}${"peak memory of all processes".padEnd(34)}${show(peak, "MB").padStart(9)}`);
}

function readLine(text: string): { name: string; seconds?: number; mb?: number } | null {
  if (!text.startsWith('{"name"')) return null;
  return JSON.parse(text) as { name: string; seconds?: number; mb?: number };
}

/** The whole product on a project that was published before: until a person sees all its assets. */
async function catalog(root: string, database: string, models: number): Promise<void> {
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  writeFileSync(join(root, "package.json"), `{ "name": "bench", "private": true, "type": "module" }\n`);
  writeFileSync(
    join(root, "headgate.config.ts"),
    `import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "bench", entry: "location.ts" }] });\n`,
  );
  writeFileSync(
    join(root, "location.ts"),
    `import { defineCodeLocation } from "@headgate/sdk";
import { dbtAssets, dbtProject } from "@headgate/sdk/dbt";
const project = dbtProject({ dir: "dbt", env: () => ({ DUCKDB_PATH: ${JSON.stringify(database)} }), executable: ${JSON.stringify(join(ROOT, ".venv/bin/dbt"))} });
export default defineCodeLocation({ name: "bench", assets: [dbtAssets({ project, name: "bench" })] });
`,
  );
  const before = performance.now();
  const stack = await startStack({ project: root });
  try {
    const last = `metrics/metrics_${String(models - 1).padStart(5, "0")}`;
    const seen = await until("the catalog has the last model", () => stack.api.assets.get.query({ key: last }), 300_000);
    console.log(
      `  headgate ${"start of everything to full catalog".padEnd(34)}${show(seen ? (performance.now() - before) / 1000 : null, "s").padStart(9)}`,
    );
    console.log(`  headgate ${"memory of everything".padEnd(34)}${show(familyMb(stack.process.pid ?? 0), "MB").padStart(9)}`);
  } finally {
    await stack.stop();
    removeFolder(stack.data);
  }
}

/** As `dbt parse` writes it: dagster-dbt is told where it is. */
async function manifestOf(root: string, database: string): Promise<string> {
  const target = join(root, "manifest");
  mkdirSync(target, { recursive: true });
  const folders = ["--project-dir", ".", "--profiles-dir", ".", "--target-path", target, "--log-path", target];
  const child = spawn(join(ROOT, ".venv/bin/dbt"), ["parse", "--quiet", ...folders], {
    cwd: join(root, "dbt"),
    env: { ...stackEnv(), DUCKDB_PATH: database },
    stdio: "inherit",
  });
  await new Promise((done) => child.once("close", done));
  // It takes dbt's parse state from the project's own target folder.
  const own = join(root, "dbt/target");
  if (existsSync(own)) for (const entry of readdirSync(own)) rmSync(join(own, entry), { recursive: true });
  mkdirSync(own, { recursive: true });
  writeFileSync(
    join(own, "partial_parse.msgpack"),
    await (await import("node:fs/promises")).readFile(join(target, "partial_parse.msgpack")),
  );
  return join(target, "manifest.json");
}
