/** Tables of the lakehouse, as the TypeScript assets see them: the same few things on either engine. None is connected before it is used. */
import { tableSchema, type Logger, type MetadataRecord } from "@headgate/sdk";
import type { DuckDb } from "@headgate/sdk/duckdb";
import { icebergMaterialization, type Trino } from "@headgate/sdk/trino";
import { duckdb, engine, files, trino } from "./resources.ts";

/** For `requires` of an asset that works with tables. */
export const engines = [engine, duckdb, trino, files] as const;

interface Engines {
  readonly engine: "duckdb" | "trino";
  readonly duckdb: DuckDb;
  readonly trino: Trino;
  readonly files: DuckDb;
}

interface Land {
  /** In the schema `raw`. */
  readonly table: string;
  /** CSV and Parquet files with the same columns. */
  readonly files: readonly string[];
  readonly log: Logger;
}

/** Statements have at most a million characters, the rows in them included. */
const CHUNK_CHARACTERS = 400_000;

/** Rows of a query in the SQL that both engines speak; `?` takes the parameters in order. */
export function query<T extends object>(on: Engines, sql: string, params: readonly (string | number | Date)[] = []): Promise<T[]> {
  return on.engine === "trino" ? on.trino.all<T>(sql, params) : on.duckdb.query<T>(sql, params);
}

/** Replaces a raw table by what some files say, and tells what it is now. */
export function land(on: Engines, what: Land): Promise<MetadataRecord> {
  return on.engine === "trino" ? landOnTrino(on, what) : landOnDuckDb(on, what);
}

async function landOnDuckDb({ duckdb }: Engines, { table, files }: Land): Promise<MetadataRecord> {
  await duckdb.execute("create schema if not exists raw");
  await duckdb.execute(`create or replace table raw.${table} as ${contentOf(files)}`);
  const { rowCount, columns } = await duckdb.table(`raw.${table}`);
  return { row_count: rowCount, columns: tableSchema(columns), relation: `lakehouse.raw.${table}` };
}

async function landOnTrino({ trino, files: reader }: Engines, { table, files, log }: Land): Promise<MetadataRecord> {
  const content = contentOf(files);
  const described = await reader.query<{ column_name: string; column_type: string }>(`describe ${content}`);
  const columns = described.map(({ column_name, column_type }) => ({ name: column_name, type: trinoType(column_type) }));
  // As texts, which lose nothing on the way; Trino turns them into values of their types.
  const texts = columns.map(({ name }) => `"${name}"::varchar`).join(", ");
  const rows = await reader.query<{ row: string }>(`select to_json([${texts}])::varchar as row from (${content})`);
  const values = columns.map(({ name, type }, index) => `cast(r[${index + 1}] as ${type}) as "${name}"`).join(", ");
  const source = `select ${values} from unnest(cast(json_parse(?) as array(array(varchar)))) as t (r)`;
  await trino.execute("create schema if not exists raw");
  const [first, ...others] = chunks(rows.map(({ row }) => row));
  const { metadata } = await icebergMaterialization({
    trino,
    log,
    table: `lakehouse.raw.${table}`,
    write: async (to) => {
      await to.execute(`create or replace table raw.${table} as ${source}`, [first ?? "[]"]);
      for (const chunk of others) await to.execute(`insert into raw.${table} ${source}`, [chunk]);
    },
  });
  return metadata ?? {};
}

function contentOf(files: readonly string[]): string {
  return files
    .map((file) => `select * from ${file.endsWith(".parquet") ? "read_parquet" : "read_csv"}('${file.replaceAll("'", "''")}')`)
    .join(" union all by name ");
}

/** JSON arrays of rows, none too long for one statement. */
function chunks(rows: readonly string[]): string[] {
  const texts: string[] = [];
  let chunk: string[] = [];
  let length = 0;
  for (const row of rows) {
    if (length > 0 && length + row.length > CHUNK_CHARACTERS) {
      texts.push(`[${chunk.join(",")}]`);
      chunk = [];
      length = 0;
    }
    chunk.push(row);
    length += row.length;
  }
  return chunk.length === 0 ? texts : [...texts, `[${chunk.join(",")}]`];
}

function trinoType(type: string): string {
  if (type === "TIMESTAMP") return "timestamp(6)";
  if (type === "TIMESTAMP WITH TIME ZONE") return "timestamp(6) with time zone";
  // The same names: integer, bigint, double, boolean, date, varchar, decimal(10,2).
  return /^(INTEGER|BIGINT|DOUBLE|BOOLEAN|DATE|VARCHAR|DECIMAL\(\d+,\d+\))$/.test(type) ? type.toLowerCase() : "varchar";
}
