/** Metadata as Pipes programs send it, as ours. A value of an unknown type is kept as JSON, so that nothing gets lost. */
import { isRecord } from "@headgate/shared/domain/json.ts";
import type { Metadata, MetadataValue, TableColumn } from "@headgate/shared/domain/metadata.ts";
import { Lexeme } from "./pipes-message.ts";

export function pipesMetadata(given: Readonly<Record<string, unknown>> | null | undefined): Metadata {
  return Object.fromEntries(Object.entries(given ?? {}).map(([name, value]) => [name, typed(value)]));
}

function typed(value: unknown): MetadataValue {
  if (!isRecord(value) || !("raw_value" in value)) return inferred(value);
  const raw = value["raw_value"];
  const number = numberOf(raw);
  switch (value["type"]) {
    case "text":
    case "url":
    case "path":
    case "md":
    case "asset":
      return { type: value["type"], value: String(raw) };
    case "notebook":
      return { type: "path", value: String(raw) };
    case "dagster_run":
      return { type: "text", value: String(raw) };
    case "json":
      return { type: "json", value: plain(raw) };
    case "bool":
      return { type: "bool", value: raw === true };
    case "int":
    case "float":
      return number === null ? inferred(raw) : { type: value["type"], value: number };
    case "timestamp":
      return number === null ? inferred(raw) : { type: "timestamp", value: number * 1000 };
    case "null":
      return { type: "null" };
    case "table":
      return table(raw);
    case "table_schema":
      return { type: "table_schema", value: { columns: columnsOf(isRecord(raw) ? raw["columns"] : undefined) } };
    case "table_column_lineage":
      return lineage(raw);
    default:
      return inferred(raw);
  }
}

function inferred(raw: unknown): MetadataValue {
  if (raw instanceof Lexeme) return { type: "float", value: raw.value };
  if (raw === null || raw === undefined) return { type: "null" };
  if (typeof raw === "string") return { type: "text", value: raw };
  if (typeof raw === "boolean") return { type: "bool", value: raw };
  if (typeof raw === "number") return { type: Number.isInteger(raw) ? "int" : "float", value: raw };
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

function numberOf(raw: unknown): number | null {
  return raw instanceof Lexeme ? raw.value : typeof raw === "number" ? raw : null;
}

/** Without the marks that keep floats apart. */
function plain(value: unknown): unknown {
  if (value instanceof Lexeme) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)])) : value;
}
