/** What YAML writes as `meta`, through a real parse: JSON has no form for some of it, and that must not keep a project from being published. */
import { expect, test } from "vitest";
import type { DbtNode } from "../../src/integrations/dbt/index.ts";
import { createShop } from "./shop-project.test-support.ts";

test("meta of any YAML value is published and exact", { timeout: 120_000 }, async () => {
  const shop = createShop({
    "dbt_project.yml": "name: shop\nprofile: shop\nversion: '1.0'\n",
    "models/orders.sql": "select 1 as id",
    "models/orders.yml": `models:
  - name: orders
    config:
      meta:
        since: 2025-01-05
        until: 2025-01-05 12:30:00
        ratio: .nan
        limit: .inf
        floor: -.inf
        id: 9007199254740993
        tenth: 0.1
        rows: 1_000
        octal: 0o17
        on_call: yes
        nothing: ~
        note: "NaN, Infinity: 12345678901234567890"
        list: [1, .nan, {deep: 2025-01-05, id: 12345678901234567890}]
`,
  });
  let meta: DbtNode["meta"] = {};
  const unit = shop.unit({ translate: (node) => ((meta = node.meta), {}) });
  const described = await shop.describe(unit);
  expect(described).toMatchObject({ ok: true });
  expect(meta).toEqual({
    since: "2025-01-05",
    until: "2025-01-05T12:30:00",
    ratio: "NaN",
    limit: "Infinity",
    floor: "-Infinity",
    id: "9007199254740993",
    tenth: 0.1,
    rows: 1000,
    octal: "0o17",
    on_call: true,
    nothing: null,
    note: "NaN, Infinity: 12345678901234567890",
    list: [1, "NaN", { deep: "2025-01-05", id: "12345678901234567890" }],
  });
  expect((await shop.execute(unit)).outcome).toEqual({ outcome: "succeeded" });
});
