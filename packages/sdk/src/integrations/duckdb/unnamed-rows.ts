/** Rows without names of fields, `(1, 'a')`: the package keys their fields by the empty name, so that only the last would be left. */
import type { DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import type { DuckDbModule } from "./load-duckdb.ts";

/** Numbers the fields of every such row in a chunk, before its values are read. Returns the types of these rows. */
export function numberFields(duckdb: DuckDbModule, chunk: DuckDBDataChunk): ReadonlySet<DuckDBType> {
  const rows = new Set<DuckDBType>();
  for (let column = 0; column < chunk.columnCount; column++) visit(duckdb, chunk.getColumnVector(column).type, rows);
  return rows;
}

function visit(duckdb: DuckDbModule, type: DuckDBType, rows: Set<DuckDBType>): void {
  if (type instanceof duckdb.DuckDBListType || type instanceof duckdb.DuckDBArrayType) visit(duckdb, type.valueType, rows);
  else if (type instanceof duckdb.DuckDBMapType) for (const part of [type.keyType, type.valueType]) visit(duckdb, part, rows);
  else if (type instanceof duckdb.DuckDBUnionType) for (const member of type.memberTypes) visit(duckdb, member, rows);
  else if (type instanceof duckdb.DuckDBStructType) {
    if (type.entryNames.every((name) => name === "")) {
      Object.assign(
        type.entryNames,
        type.entryNames.map((_, index) => String(index)),
      );
      rows.add(type);
    }
    for (const entry of type.entryTypes) visit(duckdb, entry, rows);
  }
}
