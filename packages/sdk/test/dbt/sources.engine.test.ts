/** Sources that cannot all be observed in the same way: each says what is the matter with it, and only with it. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { dbtProject, dbtSources } from "../../src/integrations/dbt/index.ts";
import type { UnitDefinition } from "../../src/definitions/unit.ts";
import { createShop } from "./shop-project.test-support.ts";

test("sources with odd names or without loaded_at_field are observed alone", { timeout: 900_000 }, async () => {
  const shop = createShop({
    "dbt_project.yml": "name: shop\nprofile: shop\nversion: '1.0'\nflags: {require_resource_names_without_spaces: false}\n",
    "models/s.yml": `sources:
  - name: crm data
    schema: crm
    config: {freshness: {warn_after: {count: 1, period: day}}}
    tables:
      - {name: "Umsatz (€)", loaded_at_field: filled, columns: [{name: id, data_tests: [{not_null: {name: "id is there, always"}}]}]}
      - {name: "a.b*c", loaded_at_field: filled}
      - {name: undated}
`,
  });
  await shop.rows("create schema if not exists crm");
  for (const table of ["Umsatz (€)", "a.b*c", "undated"])
    await shop.rows(`create table crm."${table}" as select 1 as id, now()::timestamp as filled`);
  const project = dbtProject({ dir: "dbt", env: () => ({ SHOP_DB: join("..", "storage", "shop.duckdb") }) });
  const unit = dbtSources({ project, name: "shop" }) as UnitDefinition;
  const described = await shop.describe(unit);
  expect(described.ok && described.description.warnings?.filter((text) => text.includes("freshness"))).toEqual([
    'The freshness of source crm_data/undated (models/s.yml) cannot be read: it has no loaded_at_field, and duckdb does not know when a table was filled. Its check "freshness" fails until loaded_at_field or loaded_at_query is set.',
  ]);
  const { outcome, events } = await shop.execute(unit);
  const said = events.flatMap((event) => {
    if (event.type === "asset_observed") return [`${event.asset} observed`];
    return event.type === "check_evaluated" ? [`${event.asset}:${event.check} ${event.passed ? "passed" : event.severity}`] : [];
  });
  expect([outcome, said.toSorted()]).toEqual([
    { outcome: "succeeded" },
    [
      "crm_data/Umsatz____ observed",
      "crm_data/Umsatz____:freshness passed",
      "crm_data/Umsatz____:id is there, always passed",
      "crm_data/a.b_c observed",
      "crm_data/a.b_c:freshness passed",
      "crm_data/undated observed",
      "crm_data/undated:freshness warn",
    ],
  ]);
});
