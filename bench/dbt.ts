/** Measures dbt through this product beside dbt by hand: the example, whole and one model of it. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { closeWarmServers, warmServers } from "../packages/sdk/src/integrations/dbt/warm/warm-pool.ts";
import { removeFolder, ROOT, stackEnv, temporaryFolder } from "../e2e/support/stack.ts";
import { openDbt } from "./dbt-runner.ts";
import { watchFamily } from "./process-watch.ts";
import { percentile, show } from "./stats.ts";

const ROUNDS = 5;
const MODEL = "silver/dim_customer";

/** Both in turn, because the machine may be busy with something else. */
export async function measureDbtExample(): Promise<void> {
  const root = temporaryFolder("bench-dbt");
  const database = join(root, "lake.duckdb");
  // A server that gets ready keeps no process alive by itself.
  const awake = setInterval(() => {}, 1000);
  try {
    cpSync(join(ROOT, "examples/lakehouse/dbt"), join(root, "dbt"), { recursive: true });
    rmSync(join(root, "dbt/target"), { recursive: true, force: true });
    await execute(database, [
      "create schema if not exists raw",
      ...["customers", "orders", "order_items"].map((table) => {
        const csv = join(ROOT, "examples/lakehouse/data/raw", `${table}.csv`);
        const source = existsSync(csv) ? `read_csv('${csv}')` : `read_parquet('${csv.replace(".csv", ".parquet")}')`;
        return `create or replace table raw.${table} as select * from ${source}`;
      }),
    ]);
    const cold = openDbt({ root, database, warm: false });
    const warm = openDbt({ root, database, warm: true });
    const { assets, checks } = await cold.index();
    const ofModel = checks.filter((id) => id.startsWith(`${MODEL}:`));
    const byHand = (args: readonly string[]) => async () => {
      const target = join(root, "by-hand");
      mkdirSync(target, { recursive: true });
      const folders = ["--project-dir", ".", "--profiles-dir", ".", "--target-path", target, "--log-path", target];
      const child = spawn(join(ROOT, ".venv/bin/dbt"), [...args, ...folders, "--quiet"], {
        cwd: join(root, "dbt"),
        env: { ...stackEnv(), DUCKDB_PATH: database },
        stdio: ["ignore", "ignore", "inherit"],
      });
      const code = await new Promise((done) => child.once("close", done));
      if (code !== 0) throw new Error(`dbt ${args.join(" ")} ended with ${String(code)}`);
    };
    const model = ["build", "--select", "dim_customer", "--indirect-selection", "cautious"];
    // Once each before counting: both have dbt's parse state then, and the warm process is ready.
    await byHand(["build"])();
    await cold.run(assets, checks);
    await warm.run(assets, checks);
    await Promise.all(warmServers().map((server) => server.settled));
    const [server] = warmServers();
    const whole = await alternate({ hand: byHand(["build"]), fresh: () => cold.run(assets, checks), warm: () => warm.run(assets, checks) });
    const one = await alternate({
      hand: byHand(model),
      fresh: () => cold.run([MODEL], ofModel),
      warm: () => warm.run([MODEL], ofModel),
    });
    console.log(
      `${ROUNDS} rounds, medians; the warm dbt process read the project in ${show(server?.seconds ?? null, "s")} and has ${show(server?.memoryMb ?? null, "MB")}`,
    );
    for (const [name, costs] of [
      [`dbt build of the example (${assets.length} assets, ${checks.length} checks)`, whole],
      [`dbt build of one model (${ofModel.length} checks)`, one],
    ] as const) {
      console.log(`${name}: time, and processor time, which a busy machine changes less`);
      for (const [how, label] of [
        ["hand", "dbt by hand"],
        ["fresh", "step, process of its own"],
        ["warm", "step, warm process"],
      ] as const)
        console.log(
          `  ${label.padEnd(26)}${beside(costs[how].ms, costs.hand.ms, "ms")}   processor ${beside(costs[how].cpu, costs.hand.cpu, "s")}`,
        );
    }
  } finally {
    await closeWarmServers();
    clearInterval(awake);
    removeFolder(root);
  }
}

function beside(value: number, byHand: number, unit: "ms" | "s"): string {
  return `${show(value, unit).padStart(9)} ${(value / byHand).toFixed(2)} of by hand (${(byHand / value).toFixed(1)}x)`;
}

type Way = "hand" | "fresh" | "warm";
interface Cost {
  readonly ms: number;
  readonly cpu: number;
}

async function alternate(ways: Readonly<Record<Way, () => Promise<unknown>>>): Promise<Record<Way, Cost>> {
  const costs: Record<Way, Cost[]> = { hand: [], fresh: [], warm: [] };
  const watch = watchFamily(process.pid);
  for (let round = 0; round < ROUNDS; round++)
    for (const way of ["hand", "fresh", "warm"] as const) {
      const [before, cpuBefore] = [performance.now(), watch.cpuSeconds()];
      await ways[way]();
      costs[way].push({ ms: performance.now() - before, cpu: watch.cpuSeconds() - cpuBefore });
    }
  watch.stop();
  const median = (list: readonly Cost[]): Cost => ({
    ms: percentile(
      list.map(({ ms }) => ms),
      0.5,
    ),
    cpu: percentile(
      list.map(({ cpu }) => cpu),
      0.5,
    ),
  });
  return { hand: median(costs.hand), fresh: median(costs.fresh), warm: median(costs.warm) };
}

export async function execute(database: string, statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(database);
  const connection = await instance.connect();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
