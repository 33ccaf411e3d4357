import { expect, test } from "vitest";
import { schemaChange } from "../../src/integrations/trino/index.ts";
import { metadataTable, parseTableName } from "../../src/integrations/trino/table-name.ts";

test("a schema change names what came, what went and what became something else", () => {
  const before = [
    { name: "id", type: "integer" },
    { name: "old", type: "varchar" },
    { name: "same", type: "date", description: "a" },
  ];
  const now = [
    { name: "same", type: "date", description: "b" },
    { name: "id", type: "bigint" },
    { name: "new", type: "double" },
  ];
  expect(schemaChange(before, now)).toEqual({
    added: [{ name: "new", type: "double" }],
    removed: [{ name: "old", type: "varchar" }],
    changed: [{ name: "id", from: "integer", to: "bigint" }],
  });
  expect(schemaChange(now, now.toReversed())).toBeNull();
});

test("table names are taken as Trino takes them", () => {
  const name = parseTableName('Lakehouse.gold."Odd.""Name"');
  expect(name).toMatchObject({ catalog: "lakehouse", schema: "gold", table: 'Odd."Name', sql: '"lakehouse"."gold"."Odd.""Name"' });
  expect(metadataTable(name, "snapshots")).toBe('"lakehouse"."gold"."Odd.""Name$snapshots"');
  for (const wrong of ["orders", "gold.orders", "a.b.c.d", ""]) expect(() => parseTableName(wrong)).toThrow("full name");
});
