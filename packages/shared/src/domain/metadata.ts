/**
 * Typed metadata values: what a materialization, an observation or a check says about itself.
 * The set follows Dagster's so that dashboards and Pipes programs find the same kinds.
 */
import { formatNumber, plural } from "../format/number.ts";
import { formatAbsolute, type TimeStyle } from "../format/time.ts";
import { shortRunId } from "../ids.ts";

/** A column of a table. */
export interface TableColumn {
  /** Name of the column. */
  readonly name: string;
  /** As the engine writes it. */
  readonly type: string;
  /** What it contains. */
  readonly description?: string | undefined;
  /** Whether it may be null. */
  readonly nullable?: boolean | undefined;
  /** Whether no value occurs twice. */
  readonly unique?: boolean | undefined;
  /** Further facts, by name. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** The forms of values. Each has a schema in `manifest/metadata.ts` and is read from Pipes in the SDK's `pipes-metadata.ts`. */
export interface MetadataForms {
  readonly number: number;
  readonly text: string;
  readonly boolean: boolean;
  readonly json: unknown;
  /** Milliseconds since the epoch. */
  readonly instant: number;
  readonly table: { readonly columns: readonly TableColumn[]; readonly records: readonly Record<string, unknown>[] };
  readonly columns: { readonly columns: readonly TableColumn[] };
  /** Column -> the upstream columns that it is made from. */
  readonly lineage: Readonly<Record<string, readonly { readonly asset: string; readonly column: string }[]>>;
}

/** Whether a Date reaches it. Formatting another one would throw. */
export function isInstant(at: number): boolean {
  return Math.abs(at) <= MAX_INSTANT;
}
const MAX_INSTANT = 8.64e15;

interface TypeRow<F extends keyof MetadataForms> {
  readonly form: F;
  /** Names of the type in Pipes. Empty: Pipes has no such type. */
  readonly pipes: readonly string[];
  /** The value as plain text. The dashboard shows some types in a richer way. */
  plain(value: MetadataForms[F], time: TimeStyle): string;
}
/** A type of the form null has no value. */
type AnyRow = { readonly [F in keyof MetadataForms]: TypeRow<F> }[keyof MetadataForms] | NullRow;
interface NullRow extends Omit<TypeRow<never>, "form"> {
  readonly form: null;
}

/** Every type. The schema, the reading from Pipes and the display come from this table. */
export const METADATA_TYPES = {
  int: { form: "number", pipes: ["int"], plain: formatNumber },
  float: { form: "number", pipes: ["float"], plain: formatNumber },
  text: { form: "text", pipes: ["text", "dagster_run"], plain: (value) => value },
  bool: { form: "boolean", pipes: ["bool"], plain: (value) => (value ? "yes" : "no") },
  url: { form: "text", pipes: ["url"], plain: (value) => value },
  path: { form: "text", pipes: ["path", "notebook"], plain: (value) => value },
  json: { form: "json", pipes: ["json"], plain: (value) => JSON.stringify(value) ?? "null" },
  md: { form: "text", pipes: ["md"], plain: (value) => value },
  sql: { form: "text", pipes: [], plain: (value) => value },
  timestamp: { form: "instant", pipes: ["timestamp"], plain: (at, time) => (isInstant(at) ? formatAbsolute(at, time) : formatNumber(at)) },
  table: { form: "table", pipes: ["table"], plain: ({ records }) => plural(records.length, "record") },
  table_schema: { form: "columns", pipes: ["table_schema"], plain: ({ columns }) => columns.map(({ name }) => name).join(", ") },
  column_lineage: {
    form: "lineage",
    pipes: ["table_column_lineage"],
    plain: (value) =>
      Object.entries(value)
        .map(([name, sources]) => `${name} from ${sources.map(({ asset, column }) => `${asset}.${column}`).join(", ")}`)
        .join("; "),
  },
  asset: { form: "text", pipes: ["asset"], plain: (value) => value },
  run: { form: "text", pipes: [], plain: shortRunId },
  null: { form: null, pipes: ["null"], plain: () => "null" },
} as const satisfies Readonly<Record<string, AnyRow>>;

export type MetadataType = keyof typeof METADATA_TYPES;
export type MetadataValues = { readonly [T in Exclude<MetadataType, "null">]: MetadataForms[(typeof METADATA_TYPES)[T]["form"]] };

/** A metadata value with its type, as `md()`, `url()` and their relatives make it. */
export type MetadataValue =
  | { readonly [T in keyof MetadataValues]: { readonly type: T; readonly value: MetadataValues[T] } }[keyof MetadataValues]
  | { readonly type: "null" };

/** False for a type that only a newer SDK knows. */
export function isMetadataType(type: string): type is MetadataType {
  return Object.hasOwn(METADATA_TYPES, type);
}

/** The value as plain text. */
export function metadataText(value: MetadataValue, time: TimeStyle): string {
  if (value.type === "null") return METADATA_TYPES.null.plain();
  const row: TypeRow<keyof MetadataForms> = METADATA_TYPES[value.type];
  return row.plain(value.value, time);
}

/** Name -> value. The standard names are `row_count`, `columns` (table_schema), `column_lineage`, `relation` (text), `duration_seconds`. */
export type Metadata = Readonly<Record<string, MetadataValue>>;
