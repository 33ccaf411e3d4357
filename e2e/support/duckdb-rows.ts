/** Counts the rows of each table of a DuckDB file with DuckDB itself. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

export function findFile(folder: string, name: string): string {
  const [found] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path === name || path.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`There is no ${name} below ${folder}.`);
  return join(folder, found);
}

/** By `schema/table`, in the words of the asset keys. */
export async function duckdbRows(file: string): Promise<Map<string, number>> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  try {
    const tables = await connection.runAndReadAll(
      "select table_schema, table_name from information_schema.tables where table_schema not in ('information_schema', 'main')",
    );
    const counts = new Map<string, number>();
    for (const [schema, table] of tables.getRows()) {
      const counted = await connection.runAndReadAll(`select count(*) from "${String(schema)}"."${String(table)}"`);
      counts.set(`${String(schema)}/${String(table)}`, Number(counted.getRows()[0]?.[0]));
    }
    return counts;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
