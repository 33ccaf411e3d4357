/**
 * Typed metadata values: what a materialization, an observation or a check says about itself.
 * The set follows Dagster's so that dashboards and Pipes programs find the same kinds.
 */

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

/** The value of each type. Whoever adds a type here gets a type error wherever it has to be known. */
export interface MetadataValues {
  /** A whole number. */
  readonly int: number;
  /** Any number. */
  readonly float: number;
  /** Plain text. */
  readonly text: string;
  /** Yes or no. */
  readonly bool: boolean;
  /** An address, shown as a link. */
  readonly url: string;
  /** The path of a file or object. */
  readonly path: string;
  /** Any JSON value, shown as a tree. */
  readonly json: unknown;
  /** Markdown. */
  readonly md: string;
  /** SQL, shown with syntax colours. */
  readonly sql: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** A small table. */
  readonly table: { readonly columns: readonly TableColumn[]; readonly records: readonly Record<string, unknown>[] };
  /** Columns of a table. */
  readonly table_schema: { readonly columns: readonly TableColumn[] };
  /** Column -> the upstream columns that it is made from. */
  readonly column_lineage: Readonly<Record<string, readonly { readonly asset: string; readonly column: string }[]>>;
  /** Key of an asset, shown as a link. */
  readonly asset: string;
  /** Id of a run, shown as a link. */
  readonly run: string;
}

export type MetadataType = keyof MetadataValues | "null";

/** A metadata value with its type, as `md()`, `url()` and their relatives make it. */
export type MetadataValue =
  | { readonly [T in keyof MetadataValues]: { readonly type: T; readonly value: MetadataValues[T] } }[keyof MetadataValues]
  | { readonly type: "null" };

/** Every type. */
export const METADATA_TYPES: Readonly<Record<MetadataType, true>> = {
  int: true,
  float: true,
  text: true,
  bool: true,
  url: true,
  path: true,
  json: true,
  md: true,
  sql: true,
  timestamp: true,
  table: true,
  table_schema: true,
  column_lineage: true,
  asset: true,
  run: true,
  null: true,
};

/** Name -> value. The standard names are `row_count`, `columns` (table_schema), `column_lineage`, `relation` (text), `duration_seconds`. */
export type Metadata = Readonly<Record<string, MetadataValue>>;
