/**
 * Metadata as Pipes programs send it, as ours. A value of an unknown type is kept as JSON, and a number that JavaScript cannot hold as
 * text, so that nothing gets lost.
 */
import { isRecord } from "@headgate/shared/domain/json.ts";
import {
  isInstant,
  METADATA_TYPES,
  type Metadata,
  type MetadataForms,
  type MetadataType,
  type MetadataValue,
  type TableColumn,
} from "@headgate/shared/domain/metadata.ts";
import { Lexeme, withNumbers } from "./pipes-message.ts";

export function pipesMetadata(given: Readonly<Record<string, unknown>> | null | undefined): Metadata {
  return Object.fromEntries(Object.entries(given ?? {}).map(([name, value]) => [name, valueOf(value)]));
}

/** How the value of each form is read. Undefined: it does not fit, so its type is guessed. */
const FORMS: { readonly [F in keyof MetadataForms]: (raw: unknown) => MetadataForms[F] | undefined } = {
  number: numberOf,
  text: (raw) => (raw instanceof Lexeme ? raw.text : typeof raw === "string" ? raw : JSON.stringify(plain(raw))),
  boolean: (raw) => (typeof raw === "boolean" ? raw : undefined),
  json: plain,
  instant(raw) {
    const seconds = numberOf(raw);
    const at = seconds === undefined ? undefined : Math.round(seconds * 1_000_000) / 1000;
    return at !== undefined && isInstant(at) ? at : undefined;
  },
  table,
  columns(raw) {
    const columns = columnsOf(isRecord(raw) ? raw["columns"] : undefined);
    return columns && { columns };
  },
  lineage,
};

/** By the name in Pipes. */
const TYPES: ReadonlyMap<unknown, MetadataType> = new Map(
  (Object.keys(METADATA_TYPES) as MetadataType[]).flatMap((type) => METADATA_TYPES[type].pipes.map((name) => [name, type])),
);

function valueOf(value: unknown): MetadataValue {
  if (!isRecord(value) || !("raw_value" in value)) return inferred(value);
  const type = TYPES.get(value["type"]);
  if (type === "null") return { type };
  const raw = value["raw_value"];
  if (type === "asset" && Array.isArray(raw)) return { type, value: raw.join("/") };
  const read = type && FORMS[METADATA_TYPES[type].form](raw);
  return read === undefined ? inferred(raw) : ({ type, value: read } as MetadataValue);
}

function inferred(raw: unknown): MetadataValue {
  if (raw instanceof Lexeme) return typed(raw.isInteger ? "int" : "float", raw.exact);
  if (raw === null || raw === undefined) return { type: "null" };
  if (typeof raw === "string") return { type: "text", value: raw };
  if (typeof raw === "boolean") return { type: "bool", value: raw };
  return { type: "json", value: plain(raw) };
}

function table(raw: unknown): MetadataForms["table"] | undefined {
  if (!isRecord(raw) || !areRecords(raw["records"])) return undefined;
  const records = raw["records"].map((record) => plain(record) as Record<string, unknown>);
  const columns = columnsOf(raw["schema"]) ?? [];
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return { records, columns: columns.length > 0 ? columns : [...names].map((name) => ({ name, type: "" })) };
}

/** Undefined for anything but a list of columns. */
function columnsOf(given: unknown): TableColumn[] | undefined {
  const list: unknown = isRecord(given) ? given["columns"] : given;
  if (!areRecords(list)) return undefined;
  return list.map((column) => {
    const constraints = isRecord(column["constraints"]) ? column["constraints"] : {};
    const { description } = column;
    const tags = tagsOf(column["tags"], constraints["other"]);
    return {
      name: textOf(column["name"]),
      type: textOf(column["type"], "string"),
      ...(typeof description === "string" && { description }),
      ...(typeof constraints["nullable"] === "boolean" && { nullable: constraints["nullable"] }),
      ...(constraints["unique"] === true && { unique: true }),
      ...(tags && { tags }),
    };
  });
}

/** Constraints that have no field of their own are a tag. */
function tagsOf(given: unknown, constraints: unknown): Record<string, string> | undefined {
  const tags = isRecord(given) ? Object.entries(given).map(([name, value]) => [name, FORMS.text(value) ?? ""] as const) : [];
  const others =
    Array.isArray(constraints) && constraints.length > 0
      ? [["constraints", constraints.map((entry) => FORMS.text(entry)).join(", ")] as const]
      : [];
  return tags.length + others.length === 0 ? undefined : Object.fromEntries([...others, ...tags]);
}

function areRecords(given: unknown): given is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(given) && given.every((entry) => isRecord(entry) && !(entry instanceof Lexeme));
}

function lineage(raw: unknown): MetadataForms["lineage"] | undefined {
  const byColumn = isRecord(raw) ? raw["deps_by_column"] : undefined;
  if (!isRecord(byColumn)) return undefined;
  return Object.fromEntries(
    Object.entries(byColumn).map(([column, deps]) => [
      column,
      (Array.isArray(deps) ? deps : []).filter(isRecord).map((dep) => ({
        asset: Array.isArray(dep["asset_key"]) ? dep["asset_key"].join("/") : textOf(dep["asset_key"]),
        column: textOf(dep["column_name"]),
      })),
    ]),
  );
}

function textOf(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

/** Undefined for a number that JavaScript cannot hold: such a number is kept as text. */
function numberOf(raw: unknown): number | undefined {
  return raw instanceof Lexeme && typeof raw.exact === "number" ? raw.exact : undefined;
}

function typed(type: "int" | "float", value: number | string): MetadataValue {
  return typeof value === "number" ? { type, value } : { type: "text", value };
}

function plain(value: unknown): unknown {
  return withNumbers(value, (number) => number.exact);
}
