import { expect, test } from "vitest";
import { headgate } from "./command-line.test-support.ts";
import { temporaryProject } from "./project.test-support.ts";

test("validate warns about the values that a dbt project hides", { timeout: 120_000 }, async () => {
  const cwd = temporaryProject({
    "src/location.ts": `import { defineCodeLocation } from "@headgate/sdk";
import { dbtAssets, dbtProject } from "@headgate/sdk/dbt";
export default defineCodeLocation({ name: "demo", assets: [dbtAssets({ project: dbtProject({ dir: "dbt" }) })] });
`,
    "dbt/dbt_project.yml": "name: shop\nprofile: shop\n",
    "dbt/profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: 'shop.duckdb'}}}\n",
    "dbt/models/orders.sql": "select 1 as n",
    "dbt/models/orders.yml": `models: [{name: orders, description: "of {{ env_var('SHOP_TOKEN') }}"}]`,
  });
  const env = { SHOP_TOKEN: "nobody's business" };
  const hidden =
    "The environment variable SHOP_TOKEN is named like a secret; its value is hidden in what is published: description of model.shop.orders.";
  const { code, stdout } = await headgate(["validate"], { cwd, env });
  expect([code, stdout]).toEqual([0, expect.stringContaining(`\n  warning: ${hidden}`)]);
  const json = await headgate(["validate", "--json"], { cwd, env });
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: true,
    warnings: [expect.stringContaining(hidden), expect.stringMatching(/^dbt\/profiles\.yml:1: the path shop\.duckdb is relative\. /)],
  });
});
