/**
 * Typed metadata values: what a materialization, an observation or a check says about itself.
 * The set follows Dagster's so that dashboards and Pipes programs find the same kinds.
 */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly description?: string | undefined;
  readonly nullable?: boolean | undefined;
  readonly unique?: boolean | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export type MetadataValue =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "url"; readonly value: string }
  | { readonly type: "path"; readonly value: string }
  | { readonly type: "json"; readonly value: unknown }
  | { readonly type: "md"; readonly value: string }
  | { readonly type: "sql"; readonly value: string }
  /** `value` is milliseconds since the epoch. */
  | { readonly type: "timestamp"; readonly value: number }
  | {
      readonly type: "table";
      readonly value: { readonly columns: readonly TableColumn[]; readonly records: readonly Record<string, unknown>[] };
    }
  | { readonly type: "table_schema"; readonly value: { readonly columns: readonly TableColumn[] } }
  | {
      readonly type: "column_lineage";
      readonly value: Readonly<Record<string, readonly { readonly asset: string; readonly column: string }[]>>;
    }
  | { readonly type: "asset"; readonly value: string }
  | { readonly type: "run"; readonly value: string }
  | { readonly type: "null" };

/** Name -> value. The standard names are `row_count`, `columns` (table_schema), `column_lineage`, `relation` (text), `duration_seconds`. */
export type Metadata = Readonly<Record<string, MetadataValue>>;
