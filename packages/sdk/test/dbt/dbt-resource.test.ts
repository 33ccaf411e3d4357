import { join } from "node:path";
import { expect, test } from "vitest";
import { dbtProject, dbtResource, type Dbt } from "../../src/integrations/dbt/index.ts";
import { duckdbResource, type DuckDb } from "../../src/integrations/duckdb/index.ts";
import { createShop, landCustomers, loggerInto } from "./shop-project.test-support.ts";

test("an asset may use dbt and DuckDB in turn on one file, and hears of failures", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  const folders = { root: shop.root, storage: join(shop.root, "storage"), scratch: join(shop.root, "scratch") };
  const context = { config: undefined, env: process.env, folders, log: loggerInto([]), signal: new AbortController().signal };
  const dbt = (await dbtResource({ project: dbtProject({ dir: "dbt", env: () => ({ SHOP_DB: shop.database }) }) })["~definition"].setup(
    context,
  )) as Dbt;
  const duckdb = duckdbResource({ path: "shop.duckdb" })["~definition"];
  const db = (await duckdb.setup(context)) as DuckDb;
  try {
    expect(await db.scalar("select count(*) from raw.customers")).toBe(100);
    const { nodes } = await dbt.run({ select: "stg_customers total" });
    expect(nodes.map(({ uniqueId, status }) => `${uniqueId} ${status}`).sort()).toEqual([
      "model.shop.stg_customers success",
      "model.shop.total success",
    ]);
    expect(await db.scalar("select n from gold.total")).toBe(100);
    await db.execute("insert into raw.customers values (1, 'GB')");
    await expect(dbt.test({ select: "stg_customers" })).rejects.toThrow(
      /dbt test failed \(exit code 1\): test\.shop\.unique_stg_customers_id[\s\S]*Got 1 result/,
    );
    await expect(dbt.invoke("run", { args: ["--no-such-option"] })).rejects.toThrow("--no-such-option");
  } finally {
    await duckdb.teardown?.(db);
  }
});
