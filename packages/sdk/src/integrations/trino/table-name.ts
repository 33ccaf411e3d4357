/** Names of tables as people write them, `lakehouse.gold.fct_orders`, and the names of Iceberg's metadata tables beside them. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import { quoteName } from "./parameters.ts";

export interface TableName {
  readonly catalog: string;
  readonly schema: string;
  readonly table: string;
  /** Quoted, for SQL. */
  readonly sql: string;
}

/** Three parts with dots; a part that contains a dot is quoted: `lakehouse.gold."odd.name"`. */
export function parseTableName(text: string): TableName {
  const parts = Array.from(
    text.matchAll(/"((?:[^"]|"")*)"|([^."\s]+)/g),
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.toLowerCase() ?? "",
  );
  const [catalog, schema, table] = parts;
  if (catalog === undefined || schema === undefined || table === undefined || parts.length !== 3)
    throw new AppError("user_code", `"${text}" is not the full name of a table: write it like lakehouse.gold.fct_orders.`);
  return { catalog, schema, table, sql: [catalog, schema, table].map(quoteName).join(".") };
}

export function metadataTable({ catalog, schema, table }: TableName, kind: "snapshots" | "refs" | "partitions"): string {
  return [catalog, schema, `${table}$${kind}`].map(quoteName).join(".");
}
