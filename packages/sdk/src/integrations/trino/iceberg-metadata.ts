/** How a write to an Iceberg table becomes a materialization: what it added and removed, what the table is now, what its schema was before. */
import type { TableColumn } from "@headgate/shared/domain/metadata.ts";
import type { Logger } from "../../values/log.ts";
import { tableSchema, type MetadataRecord, type MetadataValue } from "../../values/metadata.ts";
import { materialization, type Materialization } from "../../values/result.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Trino } from "./client.ts";
import { icebergTable, QUIET, snapshotsSince, type IcebergSnapshot, type IcebergTable } from "./iceberg-table.ts";
import type { TrinoParam } from "./parameters.ts";
import { quoteName } from "./parameters.ts";
import { metadataTable, parseTableName, type TableName } from "./table-name.ts";
import { isTrinoError } from "./trino-error.ts";

/** Fields of the table's partitioning and their values: `{ order_day: "2025-01-05" }`; with a transform `{ ordered_at_day: ... }`. */
export type IcebergPartition = Readonly<Record<string, string | number | Date>>;

/** Options of `icebergMetadata`. */
export interface IcebergMetadataOptions {
  /** The table before the write. Added and removed rows are counted from there, and a changed schema is reported. Default: the last commit counts. */
  readonly since?: IcebergTable | null | undefined;
  /** Commits seen while the table was written, for catalogs whose tables forget all but the last one. */
  readonly seen?: ReadonlyMap<string, IcebergSnapshot> | undefined;
  /** The partition that was written: `row_count` is then its rows, `total_rows` those of the table. */
  readonly partition?: IcebergPartition | undefined;
}

/** Columns that came, went or changed their type. */
export interface SchemaChange {
  /** Columns that are new. */
  readonly added: readonly TableColumn[];
  /** Columns that are gone. */
  readonly removed: readonly TableColumn[];
  /** Columns whose type differs. */
  readonly changed: readonly { readonly name: string; readonly from: string; readonly to: string }[];
}

/**
 * Metadata for the materialization of an Iceberg table: `row_count`, `columns`, `relation`, `snapshot_id`, `operation`, `committed_at`,
 * `added_records`, `deleted_records`, `added_files`, `deleted_files`, `total_files`, `size_bytes`; and `schema_change` where there was one.
 * A view or a materialized view has `row_count`, `columns` and `relation` only.
 *
 * @example
 * await resources.trino.execute("insert into lakehouse.silver.orders select * from lakehouse.bronze.orders");
 * return materialization({ metadata: await icebergMetadata(resources.trino, "lakehouse.silver.orders") });
 * @throws `AppError` with the code `user_code` when there is no such table.
 */
export async function icebergMetadata(trino: Trino, table: string, options: IcebergMetadataOptions = {}): Promise<MetadataRecord> {
  const now = await icebergTable(trino, table);
  if (!now) throw new AppError("user_code", `Trino knows no table ${table}: it was not created, or its name is another one.`);
  return await describe(trino, now, options);
}

/** Options of `icebergMaterialization`. */
export interface IcebergMaterializationOptions {
  /** The connection to ask. */
  readonly trino: Trino;
  /** Where it says that something could not be read. */
  readonly log: Logger;
  /** Full name: `lakehouse.gold.fct_orders`. */
  readonly table: string;
  /** The partition that was written, whose rows are counted as well. Default: none. */
  readonly partition?: IcebergPartition | undefined;
  /** Writes the table, in one or several statements. */
  write(trino: Trino): Promise<unknown>;
}

/**
 * Writes an Iceberg table and returns the materialization, with everything that `icebergMetadata` reports about this write. A changed
 * schema is a warning in the log. The snapshot's id is the data version.
 *
 * @example
 * export const orders = defineAsset({
 *   key: "silver/orders",
 *   requires: [trino],
 *   run: ({ resources, log }) =>
 *     icebergMaterialization({
 *       trino: resources.trino,
 *       log,
 *       table: "lakehouse.silver.orders",
 *       write: (trino) => trino.execute("create or replace table lakehouse.silver.orders as select * from lakehouse.bronze.orders"),
 *     }),
 * });
 */
export async function icebergMaterialization(options: IcebergMaterializationOptions): Promise<Materialization<undefined>> {
  const { trino, table, partition, log } = options;
  const before = await icebergTable(trino, table);
  const seen = new Map<string, IcebergSnapshot>();
  await options.write(watching(trino, { name: parseTableName(table), since: before?.snapshot ?? null, seen }));
  const now = await icebergTable(trino, table);
  if (!now) throw new AppError("user_code", `After the write Trino knows no table ${table}: the statements write another one.`);
  const change = before && schemaChange(before.columns, now.columns);
  if (change) log.warn(`The schema of ${table} changed: ${changeText(change)}`, { schema_change: change });
  const metadata = await describe(trino, now, { since: before, partition, seen });
  return materialization({ metadata, ...(now.snapshot && { dataVersion: now.snapshot.id }) });
}

async function describe(trino: Trino, now: IcebergTable, { since, partition, seen }: IcebergMetadataOptions): Promise<MetadataRecord> {
  const change = since && schemaChange(since.columns, now.columns);
  const { catalog, schema, table } = now.name;
  const facts = {
    row_count: now.rowCount,
    columns: tableSchema(now.columns),
    relation: `${catalog}.${schema}.${table}`,
    comment: now.comment ?? undefined,
    schema_change: change ?? undefined,
  };
  if (!now.isIceberg) return facts;
  const { commits, isWhole } = await commitsOf(trino, now, { since, seen });
  return {
    ...facts,
    snapshot_id: now.snapshot?.id,
    committed_at: now.snapshot ? ({ type: "timestamp", value: now.snapshot.committedAt } satisfies MetadataValue) : undefined,
    operation: [...new Set(commits.map(({ operation }) => operation))].join(", ") || "none",
    ...totals(commits),
    // Something else wrote the table meanwhile, and its catalog forgot what.
    changes_incomplete: isWhole ? undefined : true,
    total_files: now.fileCount,
    size_bytes: now.sizeBytes,
    ...(partition && { total_rows: now.rowCount, ...(await partitionMetadata(trino, now, partition)) }),
  };
}

interface Watch {
  readonly name: TableName;
  readonly since: IcebergSnapshot | null;
  readonly seen: Map<string, IcebergSnapshot>;
}

/** Looks at the table's commits before each statement that comes after another one. */
function watching(trino: Trino, watch: Watch): Trino {
  let hasWritten = false;
  return {
    ...trino,
    session: (given) => watching(trino.session(given), watch),
    execute: async (...args) => {
      if (hasWritten) await look(trino, watch);
      const execution = await trino.execute(...args);
      hasWritten ||= execution.updateCount !== null;
      return execution;
    },
  };
}

async function look(trino: Trino, { name, since, seen }: Watch): Promise<void> {
  try {
    for (const snapshot of (await snapshotsSince(trino, name, since)).commits) seen.set(snapshot.id, snapshot);
  } catch (error) {
    // The statement before wrote another table, and this one is not there yet.
    if (!isTrinoError(error) || !/^(TABLE|SCHEMA)_NOT_FOUND$/.test(error.name)) throw error;
  }
}

/** The commits of this write, and whether some may be missing. */
async function commitsOf(
  trino: Trino,
  now: IcebergTable,
  { since, seen }: Pick<IcebergMetadataOptions, "since" | "seen">,
): Promise<{ commits: readonly IcebergSnapshot[]; isWhole: boolean }> {
  if (since === undefined) return { commits: now.snapshot ? [now.snapshot] : [], isWhole: true };
  const found = await snapshotsSince(trino, now.name, since?.snapshot ?? null);
  const all = new Map(seen);
  for (const snapshot of found.commits) all.set(snapshot.id, snapshot);
  const commits = [...all.values()].sort((a, b) => a.committedAt - b.committedAt);
  // Where commits are forgotten, the rows have to add up: to those from before, or to none where the table was replaced.
  const growth = commits.reduce((sum, snapshot) => sum + snapshot.growth, 0);
  const addsUp = [since?.recordsInFiles ?? 0, 0].some((before) => before + growth === now.recordsInFiles);
  return { commits, isWhole: found.isRemembered || addsUp };
}

function totals(snapshots: readonly IcebergSnapshot[]): MetadataRecord {
  const sum = (value: (snapshot: IcebergSnapshot) => number): number => snapshots.reduce((total, snapshot) => total + value(snapshot), 0);
  return {
    added_records: sum(({ addedRecords }) => addedRecords),
    deleted_records: sum(({ deletedRecords }) => deletedRecords),
    added_files: sum(({ addedFiles }) => addedFiles),
    deleted_files: sum(({ deletedFiles }) => deletedFiles),
  };
}

async function partitionMetadata(trino: Trino, now: IcebergTable, partition: IcebergPartition): Promise<MetadataRecord> {
  const fields = Object.keys(partition);
  const values = Object.values(partition).map(partitionText);
  const where = (prefix: string): string => fields.map((field) => `cast(${prefix}${quoteName(field)} as varchar) = ?`).join(" and ");
  const found = await trino.one<{ records: number; files: number; size: number }>(
    `select coalesce(sum(record_count), 0) as records, coalesce(sum(file_count), 0) as files, coalesce(sum(total_size), 0) as size
     from ${metadataTable(now.name, "partitions")} where ${where("partition.")}`,
    values,
    QUIET,
  );
  const isColumn = fields.every((field) => now.columns.some(({ name }) => name === field));
  // With a transform only Trino knows which rows belong to the partition; the records of its files are then the best there is.
  const rows = isColumn
    ? await trino.scalar<number | bigint>(`select count(*) from ${now.name.sql} where ${where("")}`, values, QUIET)
    : found.records;
  const name = fields.map((field, index) => `${field}=${String(values[index])}`).join("/");
  return { row_count: Number(rows), iceberg_partition: name, partition_files: found.files, partition_size_bytes: found.size };
}

/** Trino writes a date as text like ISO does. */
function partitionText(value: string | number | Date): TrinoParam {
  return value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
}

/**
 * Compares the columns of a table before and after a write. Null when both are the same; order and comments do not count.
 *
 * @example
 * const change = schemaChange(before.columns, after.columns);
 * if (change) log.warn("the schema changed", { added: change.added.map(({ name }) => name) });
 */
export function schemaChange(before: readonly TableColumn[], now: readonly TableColumn[]): SchemaChange | null {
  const old = new Map(before.map((column) => [column.name, column]));
  const current = new Map(now.map((column) => [column.name, column]));
  const change: SchemaChange = {
    added: now.filter(({ name }) => !old.has(name)),
    removed: before.filter(({ name }) => !current.has(name)),
    changed: now.flatMap(({ name, type }) => {
      const from = old.get(name)?.type;
      return from === undefined || from === type ? [] : [{ name, from, to: type }];
    }),
  };
  return change.added.length + change.removed.length + change.changed.length === 0 ? null : change;
}

function changeText({ added, removed, changed }: SchemaChange): string {
  return [
    ...added.map(({ name, type }) => `added ${name} ${type}`),
    ...removed.map(({ name, type }) => `removed ${name} ${type}`),
    ...changed.map(({ name, from, to }) => `${name} was ${from}, is ${to}`),
  ].join("; ");
}
