import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { afterAll, beforeEach, expect, test } from "vitest";
import { dbtProject, dbtResource, type Dbt } from "../../src/integrations/dbt/index.ts";
import { closeWarmServers, warmServers } from "../../src/integrations/dbt/warm/warm-pool.ts";
import type { WarmServer } from "../../src/integrations/dbt/warm/warm-server.ts";
import { createShop, landCustomers, loggerInto, type Shop } from "./shop-project.test-support.ts";

const FOREVER = "select count(*) as n from range(1000000000) a, range(1000000000) b, {{ ref('dim_customer') }} where a.range <> b.range";

beforeEach(closeWarmServers);
afterAll(closeWarmServers);

const warmUnit = (shop: Shop) => shop.unit({}, { warm: true });

function howItRan(events: readonly StepEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "log" && event.message.includes("warm") ? [event.message.replaceAll(/\d+/g, "N").replace("? MB", "N MB")] : [],
  );
}

const IN_A_FORK = ["dbt runs in a fork of the warm process N (N MB)"];
const GONE = "the warm dbt process N is gone; dbt runs in a process of its own";

async function onlyServer(): Promise<WarmServer> {
  const [server, ...others] = warmServers();
  if (!server || others.length > 0) throw new Error(`${warmServers().length} warm servers`);
  expect(await server.settled, server.reason).toBe("ready");
  return server;
}

function materialized(events: readonly StepEvent[]): string[] {
  return events.flatMap((event) => (event.type === "asset_materialized" ? [event.asset] : [])).sort();
}

/** Forks of a server, without the process in which Python watches over semaphores; Linux only. */
function forksOf(server: WarmServer): number[] {
  const file = `/proc/${server.pid}/task/${server.pid}/children`;
  const children = existsSync(file) ? readFileSync(file, "utf8").trim().split(" ").filter(Boolean) : [];
  return children.filter((pid) => !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("resource_tracker")).map(Number);
}

function isAlive(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test(
  "later runs are forks with the same result: ephemeral models, both at once, other files, other environment",
  { timeout: 400_000 },
  async () => {
    const shop = createShop();
    await landCustomers(shop);
    const first = await shop.execute(warmUnit(shop));
    expect(howItRan(first.events)).toEqual([]);
    const server = await onlyServer();
    expect(server.memoryMb).toBeGreaterThan(20);

    // A project used twice in one memory fails for what is built on an ephemeral model, here silver/dim_customer.
    for (const run of ["second", "third"]) {
      // The database is free between runs.
      await shop.rows("drop table silver.dim_customer");
      const again = await shop.execute(warmUnit(shop));
      expect(again.outcome, run).toEqual({ outcome: "succeeded" });
      expect(howItRan(again.events)).toEqual(IN_A_FORK);
      expect(materialized(again.events)).toEqual(materialized(first.events));
      expect(existsSync(`${shop.database}.headgate-lock`)).toBe(false);
    }
    const part = { assets: ["gold/total"], checks: [] };
    const both = await Promise.all([
      shop.execute(warmUnit(shop), part),
      shop.execute(warmUnit(shop), { assets: ["silver/dim_customer"], checks: [] }),
    ]);
    expect(both.map(({ outcome, events }) => [outcome.outcome, howItRan(events), materialized(events)])).toEqual([
      ["succeeded", IN_A_FORK, ["gold/total"]],
      ["succeeded", IN_A_FORK, ["silver/dim_customer"]],
    ]);
    expect(server.uses).toBe(4);

    const vars = await shop.execute(shop.unit({ vars: () => ({ a: 1 }) }, { warm: true }), { ...part, partition: "2025-01-01" });
    expect([vars.outcome.outcome, howItRan(vars.events)]).toEqual(["succeeded", []]);

    shop.write("models/gold/total.sql", "select count(*) + 1000 as n from {{ ref('stg_customers') }}");
    const changed = await shop.execute(warmUnit(shop), part);
    expect([changed.outcome.outcome, howItRan(changed.events)]).toEqual(["succeeded", []]);
    expect(await shop.rows("select n from gold.total")).toEqual([{ n: 1100 }]);
    const replacement = await onlyServer();
    await server.ended;
    expect(replacement.pid).not.toBe(server.pid);
    await shop.execute(warmUnit(shop), part);
    expect(replacement.uses).toBe(1);

    const elsewhere = shop.unit({}, { warm: true, env: () => ({ SHOP_DB: "../storage/other.duckdb" }) });
    const other = await shop.execute(elsewhere, { assets: ["bronze/countries"], checks: [] });
    expect([other.outcome.outcome, howItRan(other.events)]).toEqual(["succeeded", []]);
    expect(existsSync(join(shop.root, "storage", "other.duckdb"))).toBe(true);
  },
);

test("a killed fork fails its step, a killed or stuck server fails nothing", { timeout: 400_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write("models/gold/by_country.sql", FOREVER);
  const part = { assets: ["gold/total"], checks: [] };
  await shop.execute(warmUnit(shop), { assets: ["bronze/countries", "bronze/stg_customers", "gold/total"], checks: [] });
  let server = await onlyServer();
  const endless = { assets: ["silver/dim_customer", "gold/by_country"], checks: [] };
  const whenItHangs = (act: () => void) => (event: StepEvent) =>
    void (event.type === "asset_started" && event.asset === "gold/by_country" && act());

  const killed = await shop.execute(warmUnit(shop), {
    ...endless,
    onEvent: whenItHangs(() => forksOf(server).forEach((pid) => process.kill(pid, "SIGKILL"))),
  });
  expect(howItRan(killed.events)).toEqual(IN_A_FORK);
  expect(killed.outcome).toMatchObject({
    outcome: "failed",
    retryable: true,
    failure: { message: expect.stringContaining("dbt was killed") },
  });

  // Its forks go on without it, and are canceled as ever.
  const abort = new AbortController();
  let forks: number[] = [];
  const canceled = await shop.execute(warmUnit(shop), {
    ...endless,
    signal: abort.signal,
    onEvent: whenItHangs(() => {
      forks = forksOf(server);
      process.kill(server.pid ?? 0, "SIGKILL");
      void server.ended.then(() => abort.abort());
    }),
  });
  expect(canceled.outcome).toEqual({ outcome: "canceled" });
  expect(materialized(canceled.events)).toEqual(["silver/dim_customer"]);
  expect(existsSync(`${shop.database}.headgate-lock`)).toBe(false);
  expect(forks).toHaveLength(1);
  expect(forks.filter(isAlive)).toEqual([]);

  const after = await shop.execute(warmUnit(shop), part);
  expect([after.outcome.outcome, howItRan(after.events)]).toEqual(["succeeded", []]);
  server = await onlyServer();
  process.kill(server.pid ?? 0, "SIGSTOP");
  setTimeout(() => process.kill(server.pid ?? 0, "SIGKILL"), 500);
  const stuck = await shop.execute(warmUnit(shop), part);
  expect([stuck.outcome.outcome, howItRan(stuck.events)]).toEqual(["succeeded", [...IN_A_FORK, GONE]]);
});

test("the server ends with the process that started it, also when that is killed", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  const modules = ["project.ts", "execution/run-dbt.ts", "warm/warm-pool.ts"].map((name) =>
    fileURLToPath(new URL(`../../src/integrations/dbt/${name}`, import.meta.url)),
  );
  const script = `
    const [{ dbtProject, resolveProject }, { runDbt }, { warmServers }] = await Promise.all(${JSON.stringify(modules)}.map((file) => import(file)));
    const root = ${JSON.stringify(shop.root)};
    const { project } = resolveProject(dbtProject({ dir: "dbt", warm: true, env: () => ({ SHOP_DB: "../storage/shop.duckdb" }) }), { folders: { root, storage: root + "/storage" }, env: process.env });
    await runDbt({ project, command: ["compile"], targetPath: root + "/t", scratch: root + "/s", parseCache: root + "/c/partial_parse.msgpack", countRows: false, warm: true, signal: new AbortController().signal, onLine: () => {} });
    setInterval(() => {}, 1000);
    const [server] = warmServers();
    await server.settled;
    console.log(server.pid);
  `;
  const child = spawn(process.execPath, ["--conditions=headgate-source", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(Number(chunk.toString("utf8"))));
    child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
  });
  expect(isAlive(pid)).toBe(true);
  child.kill("SIGKILL");
  while (isAlive(pid)) await sleep(20);
});

test("dbt in an asset of one's own is warm, too, and hears of failures", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  const folders = { root: shop.root, storage: join(shop.root, "storage"), scratch: join(shop.root, "scratch") };
  const events: StepEvent[] = [];
  const context = { config: undefined, env: process.env, folders, log: loggerInto(events), signal: new AbortController().signal };
  const project = dbtProject({ dir: "dbt", warm: true, env: () => ({ SHOP_DB: shop.database }) });
  const dbt = (await dbtResource({ project })["~definition"].setup(context)) as Dbt;
  await dbt.run({ select: "stg_customers total" });
  await onlyServer();
  await shop.rows("insert into raw.customers values (1, 'GB')");
  await expect(dbt.test({ select: "stg_customers" })).rejects.toThrow(
    /dbt test failed \(exit code 1\): test\.shop\.unique_stg_customers_id/,
  );
  await expect(dbt.run({ args: ["--no-such-option"] })).rejects.toThrow("--no-such-option");
  expect(howItRan(events)).toEqual([...IN_A_FORK, ...IN_A_FORK]);
});
