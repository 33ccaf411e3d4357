/** Names that dbt's parsing passes over, in a real project: what can never run is said, what may be left out is not. */
import { expect, test } from "vitest";
import { createShop } from "./shop-project.test-support.ts";

function unknownOf(described: Awaited<ReturnType<ReturnType<typeof createShop>["describe"]>>): readonly string[] {
  const warnings = described.ok ? (described.description.warnings ?? []) : [];
  return warnings.flatMap((warning) => (warning.includes(" can never run: ") ? (/^\S+?:\d+/.exec(warning)?.[0] ?? warning) : [])).sort();
}

test("names that no run can resolve are said with their places", { timeout: 240_000 }, async () => {
  const shop = createShop();
  shop.write("macros/cents.sql", "{% macro cents(c) %}{{ c }} / 100{% endmacro %}");
  shop.write(
    "models/known.sql",
    "{% set x = 1 %}{% for y in [x] %}select {{ cents(y) }} as a, '{{ var('given', 'eu') }}' as b{% endfor %}",
  );
  shop.write(
    "models/guarded.sql",
    "select 1 as a {% if execute and target.name == 'prod' %}, {{ only_there() }}, '{{ var('later') }}'{% endif %}",
  );
  const sound = await shop.describe(shop.unit());
  expect(sound).toMatchObject({ ok: true });
  expect(unknownOf(sound)).toEqual([]);
  shop.write("models/a_macro.sql", "-- one\nselect {{ cent(1) }} as a");
  shop.write("models/b_package.sql", "select {{ dbt_utils.star(ref('known')) }}");
  shop.write("models/c_var.sql", "\n\nselect '{{ var('region') }}' as r");
  shop.write("models/d_kind.sql", "{{ config(materialized='tabel') }} select 1 as a");
  shop.write("models/e_tests.yml", "models:\n  - name: known\n    columns:\n      - {name: a, data_tests: [uniqe]}\n");
  const described = await shop.describe(shop.unit());
  expect(unknownOf(described)).toEqual([
    "dbt/models/a_macro.sql:2",
    "dbt/models/b_package.sql:1",
    "dbt/models/c_var.sql:3",
    "dbt/models/d_kind.sql:1",
    "dbt/models/e_tests.yml:4",
  ]);
  const given = await shop.describe(shop.unit({ vars: () => ({ region: "eu" }), select: "c_var known", exclude: "test_type:generic" }));
  expect(given).toMatchObject({ ok: true });
  expect(unknownOf(given)).toEqual([]);
});
