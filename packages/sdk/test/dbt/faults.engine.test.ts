import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { dbtProject, resolveProject } from "../../src/integrations/dbt/project.ts";
import { runDbt } from "../../src/integrations/dbt/execution/run-dbt.ts";
import type { DbtStats } from "../../src/integrations/dbt/report/log-line.ts";
import { createShop, landCustomers } from "./shop-project.test-support.ts";

const python = fileURLToPath(new URL("../../../../.venv/bin/python", import.meta.url));

test(
  "packages that are not there, an adapter that is not installed and a missing state are each one clear error",
  { timeout: 240_000 },
  async () => {
    const shop = createShop();
    const firstError = async (unit = shop.unit()) => {
      const described = await shop.describe(unit);
      return described.ok ? null : described.errors[0];
    };
    expect(await firstError(shop.unit({ defer: { state: "prod" } }))).toMatchObject({
      message: 'There is no manifest.json in "prod", the folder of dbtAssets({ defer: { state } }).',
    });
    shop.write("packages.yml", "packages: [{local: ../no-such-package}]\n");
    expect(await firstError()).toMatchObject({
      message: expect.stringMatching(
        /^The packages in dbt\/packages\.yml are not installed, and `dbt deps` could not do it\. .*no-such-package/s,
      ),
      hint: expect.stringContaining("dbt deps"),
    });
    shop.write("packages.yml", "# none\n");
    shop.write("profiles.yml", "shop: {target: dev, outputs: {dev: {type: nosuch, path: x}}}\n");
    expect(await firstError()).toMatchObject({
      message: expect.stringContaining("Could not find adapter type nosuch"),
      hint: expect.stringContaining("pip install dbt-nosuch"),
    });
  },
);

test("a database that another program holds open fails the step and says who", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  const script = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('open', flush=True); time.sleep(600)";
  const holder = spawn(python, ["-c", script, shop.database], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const { outcome } = await shop.execute(shop.unit());
    expect(outcome).toMatchObject({
      outcome: "failed",
      retryable: true,
      failure: {
        kind: "dbt",
        message: expect.stringMatching(new RegExp(`Could not set lock on file .*shop\\.duckdb.*PID ${holder.pid}`, "s")),
      },
    });
  } finally {
    holder.kill("SIGKILL");
  }
});

test("columns and rows come through dbt's adapter where the database is another", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  const folders = { root: shop.root, storage: join(shop.root, "storage"), scratch: join(shop.root, "scratch") };
  mkdirSync(folders.scratch);
  const resolved = resolveProject(dbtProject({ dir: "dbt", env: () => ({ SHOP_DB: shop.database }) }), { folders, env: process.env });
  if (!resolved.ok) throw new Error(resolved.message);
  const stats = new Map<string, DbtStats>();
  const exit = await runDbt({
    project: resolved.project,
    command: ["build", "--select", "stg_customers", "total", "countries"],
    targetPath: join(folders.scratch, "target"),
    scratch: folders.scratch,
    parseCache: join(folders.scratch, "cache", "partial_parse.msgpack"),
    countRows: "adapter",
    signal: new AbortController().signal,
    onLine: (line) => void (line.kind === "stats" && stats.set(line.stats.unique_id, line.stats)),
  });
  expect(exit.code).toBe(0);
  expect(stats.get("model.shop.total")).toEqual({
    unique_id: "model.shop.total",
    row_count: 1,
    columns: [{ name: "n", type: "BIGINT", nullable: true }],
  });
  // The adapter said how many with the seed itself.
  expect(stats.get("seed.shop.countries")).toMatchObject({ columns: [{ name: "code" }, { name: "name" }] });
  // Counting a view would run its query once more.
  expect(stats.get("model.shop.stg_customers")).toMatchObject({ columns: [{ name: "id" }, { name: "country" }] });
  expect(stats.get("model.shop.stg_customers")?.row_count).toBeUndefined();
});
