/** What metadata may be, and the helpers for the types that cannot be guessed. */
import type { MetadataValue, TableColumn } from "@headgate/shared/domain/metadata.ts";

export type { MetadataValue, TableColumn };

/**
 * What may stand in a `metadata` object: plain values, dates, or a value of `md()`, `url()`, `sql()`, `json()`, `table()`... What JSON cannot
 * hold is kept as text: NaN and the infinities by their names, a bigint beyond 2^53 by its digits, errors and instances by what they say.
 * Entries that are undefined are left out. Metadata of more than 200 KiB is cut, and its entry `metadata_cut` says what is missing.
 */
export type MetadataInput = MetadataValue | string | number | bigint | boolean | Date | null | undefined | readonly unknown[] | object;
/** Metadata by name. */
export type MetadataRecord = Readonly<Record<string, MetadataInput>>;

/**
 * Markdown, rendered in the dashboard.
 *
 * @example
 * materialization({ metadata: { report: md("**3** rows were rejected") } });
 */
export function md(value: string): MetadataValue {
  return { type: "md", value };
}

/**
 * A link.
 *
 * @example
 * materialization({ metadata: { dashboard: url("https://bi.example.com/d/7") } });
 */
export function url(value: string): MetadataValue {
  return { type: "url", value };
}

/**
 * SQL text, shown with syntax colours.
 *
 * @example
 * materialization({ metadata: { query: sql("select count(*) from orders") } });
 */
export function sql(value: string): MetadataValue {
  return { type: "sql", value };
}

/**
 * A file or object path.
 *
 * @example
 * materialization({ metadata: { file: path("s3://raw/orders/2025-01-01.parquet") } });
 */
export function path(value: string): MetadataValue {
  return { type: "path", value };
}

/**
 * Any JSON value, shown as a tree. Plain objects and arrays become this by themselves.
 *
 * @example
 * materialization({ metadata: { settings: json({ retries: 3 }) } });
 */
export function json(value: unknown): MetadataValue {
  return { type: "json", value };
}

/**
 * A small table, shown as one. Columns are read from the records unless they are given.
 *
 * @example
 * materialization({ metadata: { preview: table([{ id: 1, name: "Ada" }]) } });
 */
export function table(records: readonly Readonly<Record<string, unknown>>[], columns?: readonly TableColumn[]): MetadataValue {
  const names = new Map<string, string>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      const type = value === null || value === undefined ? "" : value instanceof Date ? "timestamp" : typeof value;
      // A column that is empty so far is a column all the same.
      if ((names.get(name) ?? "") === "") names.set(name, type);
    }
  }
  return { type: "table", value: { columns: columns ?? Array.from(names, ([name, type]) => ({ name, type })), records } };
}

/**
 * Columns of a table; under the name `columns` they fill the asset's column list.
 *
 * @example
 * materialization({ metadata: { columns: tableSchema([{ name: "id", type: "bigint" }]) } });
 */
export function tableSchema(columns: readonly TableColumn[]): MetadataValue {
  return { type: "table_schema", value: { columns } };
}
