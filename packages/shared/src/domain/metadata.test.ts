import { describe, expect, it } from "vitest";
import { METADATA_TYPES, metadataText, type MetadataType, type MetadataValue } from "./metadata.ts";

const time = { zone: "UTC", locale: "en" };
const column = { name: "id", type: "bigint" };

const EXAMPLES: { readonly [T in MetadataType]: readonly [Extract<MetadataValue, { readonly type: T }>, string] } = {
  int: [{ type: "int", value: 1204 }, "1,204"],
  float: [{ type: "float", value: 0.5 }, "0.5"],
  text: [{ type: "text", value: "a" }, "a"],
  bool: [{ type: "bool", value: true }, "yes"],
  url: [{ type: "url", value: "https://example.com" }, "https://example.com"],
  path: [{ type: "path", value: "s3://raw/a" }, "s3://raw/a"],
  json: [{ type: "json", value: { a: [1] } }, '{"a":[1]}'],
  md: [{ type: "md", value: "**b**" }, "**b**"],
  sql: [{ type: "sql", value: "select 1" }, "select 1"],
  timestamp: [{ type: "timestamp", value: Date.UTC(2026, 10, 23, 3, 47, 12) }, "Nov 23, 2026, 03:47:12 UTC"],
  table: [{ type: "table", value: { columns: [column], records: [{ id: 1 }] } }, "1 record"],
  table_schema: [{ type: "table_schema", value: { columns: [column, { name: "day", type: "date" }] } }, "id, day"],
  column_lineage: [{ type: "column_lineage", value: { id: [{ asset: "raw/a", column: "key" }] } }, "id from raw/a.key"],
  asset: [{ type: "asset", value: "gold/a" }, "gold/a"],
  run: [{ type: "run", value: "019a0c41-0000-7000-8000-000000000000" }, "00000000"],
  null: [{ type: "null" }, "null"],
};

describe("metadata types", () => {
  it.each(Object.entries(EXAMPLES))("a value of the type %s is written as plain text", (_type, [value, text]) => {
    expect(metadataText(value, time)).toBe(text);
  });

  it("no two metadata types have the same name in Pipes", () => {
    const names = Object.values(METADATA_TYPES).flatMap(({ pipes }): readonly string[] => pipes);
    expect(names).toHaveLength(new Set(names).size);
  });

  it("a time that no Date reaches is written as a number", () => {
    expect(metadataText({ type: "timestamp", value: 1e20 }, time)).toBe("100,000,000,000,000,000,000");
  });
});
