/** Measures dbt through this product beside dbt by hand (and, when asked, beside dagster-dbt): the example, and generated projects of any size. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { closeWarmServers, warmServers } from "../packages/sdk/src/dbt/warm-pool.ts";
import { removeFolder, ROOT, stackEnv, temporaryFolder } from "../e2e/support/stack.ts";
import { openDbt } from "./dbt-runner.ts";
import { percentile, show } from "./stats.ts";

const ROUNDS = 3;
const MODEL = "silver/dim_customer";

/** Both in turn, because the machine may be busy with something else. */
export async function measureDbtExample(): Promise<void> {
  const root = temporaryFolder("bench-dbt");
  const database = join(root, "lake.duckdb");
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
    const byHand = (args: readonly string[]) => () => {
      const target = join(root, "by-hand");
      mkdirSync(target, { recursive: true });
      const folders = ["--project-dir", ".", "--profiles-dir", ".", "--target-path", target, "--log-path", target];
      const result = spawnSync(join(ROOT, ".venv/bin/dbt"), [...args, ...folders, "--quiet"], {
        cwd: join(root, "dbt"),
        env: { ...stackEnv(), DUCKDB_PATH: database },
        stdio: ["ignore", "ignore", "inherit"],
      });
      if (result.status !== 0) throw new Error(`dbt ${args.join(" ")} ended with ${result.status}`);
    };
    const model = ["build", "--select", "dim_customer", "--indirect-selection", "cautious"];
    // Once each before counting: both have dbt's parse state then, and the warm process is ready.
    byHand(["build"])();
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
    for (const [name, times] of [
      [`dbt build of the example (${assets.length} assets, ${checks.length} checks)`, whole],
      [`dbt build of one model (${ofModel.length} checks)`, one],
    ] as const) {
      console.log(name);
      for (const [how, label] of [
        ["hand", "dbt by hand"],
        ["fresh", "step, process of its own"],
        ["warm", "step, warm process"],
      ] as const)
        console.log(
          `  ${label.padEnd(26)}${show(times[how], "ms").padStart(10)}   ${(times[how] / times.hand).toFixed(2)} of by hand, ${(times.hand / times[how]).toFixed(1)}x`,
        );
    }
  } finally {
    await closeWarmServers();
    removeFolder(root);
  }
}

type Way = "hand" | "fresh" | "warm";

async function alternate(ways: Readonly<Record<Way, () => unknown>>): Promise<Record<Way, number>> {
  const times: Record<Way, number[]> = { hand: [], fresh: [], warm: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const way of ["hand", "fresh", "warm"] as const) {
      const before = performance.now();
      await ways[way]();
      times[way].push(performance.now() - before);
    }
  return { hand: percentile(times.hand, 0.5), fresh: percentile(times.fresh, 0.5), warm: percentile(times.warm, 0.5) };
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
