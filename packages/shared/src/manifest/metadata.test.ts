import { describe, expect, it } from "vitest";
import { metadataSchema } from "./metadata.ts";

describe("the schema of metadata", () => {
  it("metadata of every form is accepted as it is", () => {
    const columns = [{ name: "id", type: "bigint", nullable: false }];
    const metadata = {
      count: { type: "int", value: 3 },
      name: { type: "text", value: "x" },
      ok: { type: "bool", value: false },
      doc: { type: "json", value: { a: null } },
      at: { type: "timestamp", value: 1_700_000_000_000 },
      rows: { type: "table", value: { columns, records: [{ id: 1 }] } },
      columns: { type: "table_schema", value: { columns } },
      from: { type: "column_lineage", value: { id: [{ asset: "raw/a", column: "key" }] } },
      nothing: { type: "null" },
    };
    expect(metadataSchema.parse(metadata)).toEqual(metadata);
  });

  it("metadata of another form or an unknown type is refused", () => {
    expect(metadataSchema.safeParse({ a: { type: "int", value: "3" } }).success).toBe(false);
    expect(metadataSchema.safeParse({ a: { type: "table_schema", value: "id" } }).success).toBe(false);
    expect(metadataSchema.safeParse({ a: { type: "geo_point", value: 1 } }).success).toBe(false);
  });
});
