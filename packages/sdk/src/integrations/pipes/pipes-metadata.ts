/**
 * Metadata as Pipes programs send it, as ours. A value of an unknown type is kept as JSON, and a number that JavaScript cannot hold as
 * text, so that nothing gets lost.
 */
import { isRecord } from "@headgate/shared/domain/json.ts";
import type { Metadata, MetadataType, MetadataValue, TableColumn } from "@headgate/shared/domain/metadata.ts";
import { Lexeme, withNumbers } from "./pipes-message.ts";

export function pipesMetadata(given: Readonly<Record<string, unknown>> | null | undefined): Metadata {
  return Object.fromEntries(Object.entries(given ?? {}).map(([name, value]) => [name, valueOf(value)]));
}

type Reader = (raw: unknown) => MetadataValue;

const text =
  (type: "text" | "url" | "path" | "md" | "asset"): Reader =>
  (raw) => ({ type, value: raw instanceof Lexeme ? raw.text : typeof raw === "string" ? raw : JSON.stringify(plain(raw)) });
const number =
  (type: "int" | "float"): Reader =>
  (raw) => {
    const value = numberOf(raw);
    return value === null ? inferred(raw) : typed(type, value);
  };
const timestamp: Reader = (raw) => {
  const seconds = numberOf(raw);
  return typeof seconds === "number" ? { type: "timestamp", value: Math.round(seconds * 1_000_000) / 1000 } : inferred(raw);
};

/** For each of our types: what Pipes calls it, and how its value is read. Pipes has no `sql` and `run`, and sends runs of Dagster as text. */
const PIPES_TYPES: Readonly<Record<MetadataType, Readonly<Record<string, Reader>>>> = {
  text: { text: text("text"), dagster_run: text("text") },
  url: { url: text("url") },
  path: { path: text("path"), notebook: text("path") },
  md: { md: text("md") },
  asset: { asset: (raw) => text("asset")(Array.isArray(raw) ? raw.join("/") : raw) },
  json: { json: (raw) => ({ type: "json", value: plain(raw) }) },
  bool: { bool: (raw) => (typeof raw === "boolean" ? { type: "bool", value: raw } : inferred(raw)) },
  int: { int: number("int") },
  float: { float: number("float") },
  timestamp: { timestamp },
  null: { null: () => ({ type: "null" }) },
  table: { table },
  table_schema: {
    table_schema: (raw) => ({ type: "table_schema", value: { columns: columnsOf(isRecord(raw) ? raw["columns"] : undefined) } }),
  },
  column_lineage: { table_column_lineage: lineage },
  sql: {},
  run: {},
};
const READERS: ReadonlyMap<unknown, Reader> = new Map(Object.values(PIPES_TYPES).flatMap((readers) => Object.entries(readers)));

function valueOf(value: unknown): MetadataValue {
  if (!isRecord(value) || !("raw_value" in value)) return inferred(value);
  const read = READERS.get(value["type"]) ?? inferred;
  return read(value["raw_value"]);
}

function inferred(raw: unknown): MetadataValue {
  if (raw instanceof Lexeme) return typed(raw.isInteger ? "int" : "float", raw.exact);
  if (raw === null || raw === undefined) return { type: "null" };
  if (typeof raw === "string") return { type: "text", value: raw };
  if (typeof raw === "boolean") return { type: "bool", value: raw };
  return { type: "json", value: plain(raw) };
}

function table(raw: unknown): MetadataValue {
  if (!isRecord(raw) || !Array.isArray(raw["records"])) return inferred(raw);
  const records = raw["records"].filter(isRecord).map((record) => plain(record) as Record<string, unknown>);
  const columns = columnsOf(raw["schema"]);
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return { type: "table", value: { records, columns: columns.length > 0 ? columns : [...names].map((name) => ({ name, type: "" })) } };
}

function columnsOf(given: unknown): TableColumn[] {
  const list: unknown = isRecord(given) ? given["columns"] : given;
  if (!Array.isArray(list)) return [];
  return list.filter(isRecord).map((column) => {
    const constraints = isRecord(column["constraints"]) ? column["constraints"] : {};
    const { description } = column;
    return {
      name: textOf(column["name"]),
      type: textOf(column["type"], "string"),
      ...(typeof description === "string" && { description }),
      ...(typeof constraints["nullable"] === "boolean" && { nullable: constraints["nullable"] }),
      ...(constraints["unique"] === true && { unique: true }),
    };
  });
}

function lineage(raw: unknown): MetadataValue {
  const byColumn = isRecord(raw) ? raw["deps_by_column"] : undefined;
  if (!isRecord(byColumn)) return inferred(raw);
  const value = Object.fromEntries(
    Object.entries(byColumn).map(([column, deps]) => [
      column,
      (Array.isArray(deps) ? deps : []).filter(isRecord).map((dep) => ({
        asset: Array.isArray(dep["asset_key"]) ? dep["asset_key"].join("/") : textOf(dep["asset_key"]),
        column: textOf(dep["column_name"]),
      })),
    ]),
  );
  return { type: "column_lineage", value };
}

function textOf(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

function numberOf(raw: unknown): number | string | null {
  return raw instanceof Lexeme ? raw.exact : null;
}

function typed(type: "int" | "float", value: number | string): MetadataValue {
  return typeof value === "number" ? { type, value } : { type: "text", value };
}

function plain(value: unknown): unknown {
  return withNumbers(value, (number) => number.exact);
}
