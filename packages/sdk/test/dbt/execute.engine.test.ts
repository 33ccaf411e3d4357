import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { countedByDuckDb, only, reportedCounts } from "./reported.test-support.ts";
import { createShop, landCustomers } from "./shop-project.test-support.ts";

test("a step for some assets runs only the wanted checks", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  const { outcome, events } = await shop.execute(shop.unit(), {
    assets: ["bronze/stg_customers", "gold/total"],
    checks: ["bronze/stg_customers:unique_stg_customers_id"],
  });
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(Object.keys(reportedCounts(events)).sort()).toEqual(["bronze/stg_customers", "gold/total"]);
  expect(only(events, "check_evaluated").map(({ check }) => check)).toEqual(["unique_stg_customers_id"]);
  expect(await shop.rows("select table_name from information_schema.tables where table_schema = 'silver'")).toEqual([]);
});

test("a model is skipped when its unit test fails", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write(
    "models/unit.yml",
    `version: 2
unit_tests:
  - name: counts_customers
    model: total
    given: [{input: ref('stg_customers'), rows: [{id: 1}, {id: 2}]}]
    expect: {rows: [{n: 3}]}
`,
  );
  const { outcome, events } = await shop.execute(shop.unit());
  expect(only(events, "asset_skipped")).toEqual([
    { type: "asset_skipped", asset: "gold/total", reason: "unit test counts_customers failed" },
  ]);
  expect(outcome).toMatchObject({
    outcome: "failed",
    retryable: false,
    failure: { kind: "check_failed", message: expect.stringContaining("A blocking check failed, 1 skipped: gold/total:counts_customers") },
  });
});

test("a test that warns fails only its check, with severity warn", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  await shop.rows("insert into raw.customers values (500, 'ZZ')");
  const { outcome, events } = await shop.execute(shop.unit());
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(only(events, "check_evaluated").filter(({ passed }) => !passed)).toMatchObject([
    { check: "not_null_dim_customer_name", severity: "warn" },
  ]);
});

test("a dbt that is only a command is counted after it ended", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  const script = join(shop.root, "dbt-command");
  writeFileSync(script, `#!/bin/bash\nexec "${fileURLToPath(new URL("../../../../.venv/bin/dbt", import.meta.url))}" "$@"\n`);
  chmodSync(script, 0o755);
  const unit = shop.unit({ locks: () => [shop.database] }, { executable: script });
  const { outcome, events } = await shop.execute(unit);
  expect(outcome).toEqual({ outcome: "succeeded" });
  expect(reportedCounts(events)).toEqual(await countedByDuckDb(shop));
});
