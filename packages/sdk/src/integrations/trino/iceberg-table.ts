/** Reads the facts of an Iceberg table from Trino's metadata tables, which cost no scan of the data. */
import type { TableColumn } from "@headgate/shared/domain/metadata.ts";
import type { Trino, TrinoQueryOptions } from "./client.ts";
import { metadataTable, parseTableName, type TableName } from "./table-name.ts";
import { isTrinoError } from "./trino-error.ts";

/** One commit to a table. */
export interface IcebergSnapshot {
  /** Text: it is larger than a number can be. */
  readonly id: string;
  /** Null for the first one of a table that was made or replaced. */
  readonly parentId: string | null;
  /** Milliseconds since the epoch. */
  readonly committedAt: number;
  /** `append`, `overwrite`, `delete` or `replace`. */
  readonly operation: string;
  /** Rows that it added. */
  readonly addedRecords: number;
  /** Rows removed with their files, and rows marked as deleted. */
  readonly deletedRecords: number;
  /** Data files that it added. */
  readonly addedFiles: number;
  /** Data files that it removed. */
  readonly deletedFiles: number;
  /** By how much the rows in the table's files, marked ones included, became more. */
  readonly growth: number;
}

/** An Iceberg table as it is now. */
export interface IcebergTable {
  /** Catalog, schema and name. */
  readonly name: TableName;
  /** False for a view, a materialized view, or a table of another kind: of these only rows, columns and comment are known. */
  readonly isIceberg: boolean;
  /** Null for a table without any commit. */
  readonly snapshot: IcebergSnapshot | null;
  /** Number of rows. */
  readonly rowCount: number;
  /** Rows in the table's files, those included that are only marked as deleted. */
  readonly recordsInFiles: number;
  /** Number of data files. */
  readonly fileCount: number;
  /** Size of the data files in bytes. */
  readonly sizeBytes: number;
  /** Columns in their order. */
  readonly columns: readonly TableColumn[];
  /** Comment of the table; null when there is none. */
  readonly comment: string | null;
}

interface SnapshotRow {
  readonly id: string;
  readonly parent: string | null;
  readonly committed_at: number;
  readonly operation: string;
  readonly summary: Readonly<Record<string, string>>;
}

/** Bookkeeping: not worth a line at level info. */
export const QUIET: TrinoQueryOptions = { log: "debug", bigints: "auto" };

const SNAPSHOT_COLUMNS =
  "cast(s.snapshot_id as varchar) as id, cast(s.parent_id as varchar) as parent, cast(to_unixtime(s.committed_at) * 1000 as bigint) as committed_at, s.operation, s.summary";

/**
 * Snapshot, size and columns of an Iceberg table; null when there is no such table.
 *
 * @example
 * const orders = await icebergTable(resources.trino, "lakehouse.gold.orders");
 * log.info("orders", { rows: orders?.rowCount, snapshot: orders?.snapshot?.id });
 */
export async function icebergTable(trino: Trino, table: string): Promise<IcebergTable | null> {
  const name = parseTableName(table);
  const columns = await columnsOf(trino, name);
  if (columns.length === 0) return null;
  const [snapshots, comment] = await Promise.all([currentSnapshot(trino, name), commentOf(trino, name)]);
  const [current] = snapshots ?? [];
  return {
    name,
    isIceberg: snapshots !== null,
    snapshot: current ? toSnapshot(current) : null,
    rowCount: snapshots === null ? await countRows(trino, name) : await rowCountOf(trino, name, current?.summary ?? {}),
    recordsInFiles: numberOf(current?.summary, "total-records"),
    fileCount: numberOf(current?.summary, "total-data-files") + numberOf(current?.summary, "total-delete-files"),
    sizeBytes: numberOf(current?.summary, "total-files-size"),
    columns,
    comment,
  };
}

/** None: there was no commit. Null: there are columns, but none of the metadata tables of Iceberg. */
async function currentSnapshot(trino: Trino, name: TableName): Promise<readonly SnapshotRow[] | null> {
  try {
    return await trino.all<SnapshotRow>(
      `select ${SNAPSHOT_COLUMNS} from ${metadataTable(name, "snapshots")} s
       join ${metadataTable(name, "refs")} r on r.snapshot_id = s.snapshot_id and r.name = 'main'`,
      [],
      QUIET,
    );
  } catch (error) {
    if (isTrinoError(error) && error.name === "TABLE_NOT_FOUND") return null;
    throw error;
  }
}

export interface Commits {
  /** Newer than what was asked for, oldest first. */
  readonly commits: readonly IcebergSnapshot[];
  /** False where older commits are forgotten: Nessie's tables know their last one only. */
  readonly isRemembered: boolean;
}

export async function snapshotsSince(trino: Trino, name: TableName, since: IcebergSnapshot | null): Promise<Commits> {
  const snapshots = metadataTable(name, "snapshots");
  const newer = since ? "where s.committed_at >= from_unixtime_nanos(? * 1000000)" : "";
  const rows = await trino.all<SnapshotRow>(
    `select ${SNAPSHOT_COLUMNS} from ${snapshots} s ${newer} order by s.committed_at`,
    since ? [since.committedAt] : [],
    QUIET,
  );
  const commits = rows.map(toSnapshot);
  return {
    commits: commits.filter(({ id }) => id !== since?.id),
    isRemembered: since ? commits.some(({ id }) => id === since.id) : commits.length > 1,
  };
}

/** Marked rows are still in their files, so a table with delete files has to be counted. */
async function rowCountOf(trino: Trino, name: TableName, summary: SnapshotRow["summary"]): Promise<number> {
  if (numberOf(summary, "total-delete-files") === 0) return numberOf(summary, "total-records");
  return await countRows(trino, name);
}

async function countRows(trino: Trino, name: TableName): Promise<number> {
  return Number(await trino.scalar<number | bigint>(`select count(*) from ${name.sql}`, [], QUIET));
}

async function columnsOf(trino: Trino, { catalog, schema, table }: TableName): Promise<readonly TableColumn[]> {
  const rows = await trino.all<{ name: string; type: string; nullable: string; comment: string | null }>(
    `select column_name as name, data_type as type, is_nullable as nullable, comment
     from "${catalog.replaceAll('"', '""')}".information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position`,
    [schema, table],
    QUIET,
  );
  return rows.map(({ name, type, nullable, comment }) => ({
    name,
    type,
    nullable: nullable === "YES",
    ...(comment !== null && comment !== "" && { description: comment }),
  }));
}

async function commentOf(trino: Trino, { catalog, schema, table }: TableName): Promise<string | null> {
  try {
    const sql = "select comment from system.metadata.table_comments where catalog_name = ? and schema_name = ? and table_name = ?";
    const [row] = await trino.all<{ comment: string | null }>(sql, [catalog, schema, table], QUIET);
    return row?.comment ?? null;
  } catch (error) {
    // The system catalog may be closed to this user; everything else is known all the same.
    if (isTrinoError(error) && error.type !== "CONNECTION") return null;
    throw error;
  }
}

function toSnapshot({ id, parent, committed_at, operation, summary }: SnapshotRow): IcebergSnapshot {
  const sum = (...keys: readonly string[]): number => keys.reduce((total, key) => total + numberOf(summary, key), 0);
  return {
    id,
    parentId: parent,
    committedAt: committed_at,
    operation,
    addedRecords: sum("added-records"),
    deletedRecords: sum("deleted-records", "added-position-deletes", "added-equality-deletes"),
    addedFiles: sum("added-data-files", "added-delete-files"),
    deletedFiles: sum("deleted-data-files", "removed-delete-files"),
    growth: sum("added-records") - sum("deleted-records"),
  };
}

function numberOf(summary: SnapshotRow["summary"] | undefined, key: string): number {
  return Number(summary?.[key] ?? 0);
}
