/** How plain values become typed metadata, and the helpers for the kinds that cannot be guessed. */
import { METADATA_TYPES, type Metadata, type MetadataValue, type TableColumn } from "@headgate/shared/domain/metadata.ts";
import { MAX_METADATA_BYTES } from "@headgate/shared/protocol/constants.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";

export type { MetadataValue, TableColumn };

/** What may stand in a `metadata` object: plain JSON values, dates, or a value of `md()`, `url()`, `sql()`, `json()`, `table()`... */
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
    for (const [name, value] of Object.entries(record)) if (!names.has(name) && value !== null) names.set(name, typeof value);
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

function isMetadataValue(value: object): value is MetadataValue {
  const keys = Object.keys(value);
  return (
    "type" in value &&
    typeof value.type === "string" &&
    Object.hasOwn(METADATA_TYPES, value.type) &&
    keys.every((key) => key === "type" || key === "value")
  );
}

function infer(value: MetadataInput): MetadataValue | undefined {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "string":
      return { type: "text", value };
    case "boolean":
      return { type: "bool", value };
    case "number":
      return Number.isInteger(value) ? { type: "int", value } : { type: "float", value };
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? { type: "int", value: Number(value) } : { type: "text", value: value.toString() };
    case "object":
      if (value === null) return { type: "null" };
      if (value instanceof Date) return { type: "timestamp", value: value.getTime() };
      return isMetadataValue(value) ? value : { type: "json", value };
    case "function":
    case "symbol":
      break;
  }
  // Refused by the caller, with the name of the entry.
  return { type: "json", value };
}

/** JSON turns NaN into null and drops functions silently. Metadata must not lose anything that way. */
function findLoss(value: unknown, trail: string, ancestors: readonly object[]): string | undefined {
  const at = trail === "" ? "it" : `'${trail}'`;
  if (typeof value === "number" && !Number.isFinite(value)) return `${at} is ${String(value)}`;
  if (typeof value === "bigint") return `${at} is a bigint`;
  if (typeof value === "function" || typeof value === "symbol") return `${at} is a ${typeof value}`;
  if (typeof value !== "object" || value === null) return undefined;
  if (ancestors.includes(value)) return `${at} refers to itself`;
  if ("toJSON" in value && typeof value.toJSON === "function") return undefined;
  if (value instanceof Map || value instanceof Set) return `${at} is a ${value.constructor.name}`;
  const inner = [...ancestors, value];
  for (const [key, entry] of Object.entries(value)) {
    const loss = findLoss(entry, trail === "" ? key : `${trail}.${key}`, inner);
    if (loss !== undefined) return loss;
  }
  return undefined;
}

/** Typed, serializable metadata, or a refusal that names `owner` (e.g. `asset "a/b"`) and the metadata key. */
export function toMetadata(owner: string, record: MetadataRecord | undefined): Result<Metadata> {
  const entries: [string, MetadataValue][] = [];
  for (const [key, input] of Object.entries(record ?? {})) {
    const value = infer(input);
    if (value === undefined) continue;
    const loss = findLoss(value.type === "null" ? null : value.value, "", []);
    if (loss !== undefined) {
      return refuse(
        "invalid_input",
        `Metadata '${key}' of ${owner} cannot be stored: ${loss}. Use JSON values, dates or a helper such as md().`,
        { key },
      );
    }
    entries.push([key, value]);
  }
  const metadata = Object.fromEntries(entries);
  const size = Buffer.byteLength(JSON.stringify(metadata));
  if (size > MAX_METADATA_BYTES) {
    const [largest] = entries.map(([key, value]) => ({ key, size: JSON.stringify(value).length })).sort((a, b) => b.size - a.size);
    return refuse(
      "too_large",
      `Metadata of ${owner} is ${size} bytes, more than the ${MAX_METADATA_BYTES} allowed; the largest entry is '${largest?.key}'. Store the data elsewhere and put a path or url into the metadata.`,
      { key: largest?.key },
    );
  }
  // Through JSON once: what the host receives is then exactly what will be stored.
  return ok(JSON.parse(JSON.stringify(metadata)) as Metadata);
}
