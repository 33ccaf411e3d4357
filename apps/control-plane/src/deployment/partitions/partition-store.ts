/** Stores which partitions of an asset are materialized and which failed, as two compact texts, and the messages of failures. */
import type { Database } from "../kernel/database.ts";

export interface PartitionSets {
  /** A stored subset as JSON; an empty text means none. */
  readonly materialized: string;
  readonly failed: string;
}

/** The partitions that read data that changed later, as a stored subset; `staleBy` changed last. */
export interface StaleSet {
  readonly stale: string;
  readonly staleBy: string | null;
  readonly staleAt: number | null;
}

/** An asset without partitions that reads single partitions has a row with a set of one. */
export function saveStaleSet(db: Database, asset: string, set: StaleSet): void {
  db.sql.exec(
    `INSERT INTO asset_partition (asset, materialized, failed, stale, stale_by, stale_at) VALUES (?1, '', '', ?2, ?3, ?4)
     ON CONFLICT (asset) DO UPDATE SET stale = excluded.stale, stale_by = excluded.stale_by, stale_at = excluded.stale_at`,
    asset,
    set.stale,
    set.staleBy,
    set.staleAt,
  );
}

/** The stored subsets of the given assets; assets without any are absent. */
export function partitionSetsOf(db: Database, assets: readonly string[]): Map<string, PartitionSets & StaleSet> {
  const rows = db.sql
    .exec<{ asset: string; materialized: string; failed: string; stale: string; staleBy: string | null; staleAt: number | null }>(
      "SELECT asset, materialized, failed, stale, stale_by AS staleBy, stale_at AS staleAt FROM asset_partition WHERE asset IN (SELECT value FROM json_each(?))",
      JSON.stringify(assets),
    )
    .toArray();
  return new Map(rows.map((row) => [row.asset, row]));
}

export function readPartitionSets(db: Database, asset: string): (PartitionSets & StaleSet) | null {
  return partitionSetsOf(db, [asset]).get(asset) ?? null;
}

export function savePartitionSets(db: Database, asset: string, sets: PartitionSets): void {
  db.sql.exec(
    "INSERT INTO asset_partition (asset, materialized, failed) VALUES (?, ?, ?) ON CONFLICT (asset) DO UPDATE SET materialized = excluded.materialized, failed = excluded.failed",
    asset,
    sets.materialized,
    sets.failed,
  );
}

/** The most failure messages kept per asset; the oldest are deleted. */
const MAX_FAILURES_PER_ASSET = 500;

export function savePartitionFailure(
  db: Database,
  row: { readonly asset: string; readonly partition: string; readonly at: number; readonly run: string; readonly message: string },
): void {
  db.sql.exec(
    `INSERT INTO partition_failure (asset, partition, at, run, message) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (asset, partition) DO UPDATE SET at = excluded.at, run = excluded.run, message = excluded.message`,
    row.asset,
    row.partition,
    row.at,
    row.run,
    row.message.slice(0, 2000),
  );
  db.sql.exec(
    `DELETE FROM partition_failure WHERE asset = ?1 AND at < (SELECT at FROM partition_failure WHERE asset = ?1 ORDER BY at DESC LIMIT 1 OFFSET ${MAX_FAILURES_PER_ASSET})`,
    row.asset,
  );
}

export function deletePartitionFailure(db: Database, asset: string, partition: string): void {
  db.sql.exec("DELETE FROM partition_failure WHERE asset = ? AND partition = ?", asset, partition);
}

/** Deletes the failures of removed keys. */
export function deletePartitionFailures(db: Database, assets: readonly string[], partitions: readonly string[]): void {
  db.sql.exec(
    "DELETE FROM partition_failure WHERE asset IN (SELECT value FROM json_each(?)) AND partition IN (SELECT value FROM json_each(?))",
    JSON.stringify(assets),
    JSON.stringify(partitions),
  );
}

export interface PartitionFailure {
  readonly partition: string;
  readonly at: number;
  readonly run: string;
  readonly message: string;
}

export function partitionFailures(db: Database, asset: string, partitions: readonly string[]): Map<string, PartitionFailure> {
  const rows = db.sql
    .exec<{ partition: string; at: number; run: string; message: string }>(
      "SELECT partition, at, run, message FROM partition_failure WHERE asset = ? AND partition IN (SELECT value FROM json_each(?))",
      asset,
      JSON.stringify(partitions),
    )
    .toArray();
  return new Map(rows.map((row) => [row.partition, row]));
}

/** The latest failure of each asset, and the time of its first one that is kept. */
export function latestPartitionFailures(
  db: Database,
  assets: readonly string[],
): Map<string, { readonly at: number; readonly run: string; readonly message: string; readonly since: number }> {
  const rows = db.sql
    .exec<{ asset: string; at: number; run: string; message: string; since: number }>(
      // The columns without an aggregate are those of the row with the greatest time.
      `SELECT latest.asset AS asset, latest.at AS at, latest.run AS run, latest.message AS message,
         (SELECT min(at) FROM partition_failure WHERE asset = latest.asset) AS since
       FROM (SELECT asset, max(at) AS at, run, message FROM partition_failure WHERE asset IN (SELECT value FROM json_each(?)) GROUP BY asset) AS latest`,
      JSON.stringify(assets),
    )
    .toArray();
  return new Map(rows.map((row) => [row.asset, row]));
}

/** The latest materialization of each partition. `run` is null if it was reported from outside. */
export function latestMaterializations(
  db: Database,
  asset: string,
  partitions: readonly string[],
): Map<string, { readonly at: number; readonly run: string | null }> {
  const rows = db.sql
    .exec<{ partition: string; at: number; run: string | null }>(
      `SELECT latest.partition AS partition, event.at AS at, run.id AS run FROM
         (SELECT partition, max(gseq) AS gseq FROM asset_event WHERE asset = ?1 AND type = 'asset_materialized' AND partition IN (SELECT value FROM json_each(?2)) GROUP BY partition) AS latest
       JOIN event ON event.gseq = latest.gseq LEFT JOIN run ON run.no = event.run_no`,
      asset,
      JSON.stringify(partitions),
    )
    .toArray();
  return new Map(rows.map((row) => [row.partition, { at: row.at, run: row.run }]));
}

/** The keys and ranges of an asset that runs will materialize, each with its run. */
export function partitionsInProgress(db: Database, asset: string): { readonly partition: string; readonly run: string }[] {
  return db.sql
    .exec<{ partition: string; run: string }>(
      `SELECT step.partition AS partition, run.id AS run FROM step_asset JOIN step ON step.run_no = step_asset.run_no AND step.position = step_asset.step JOIN run ON run.no = step_asset.run_no
       WHERE step_asset.asset = ? AND step_asset.open = 1 AND step.partition IS NOT NULL`,
      asset,
    )
    .toArray();
}

/** The most ranges read that failed or were materialized as one, newest first. */
const MAX_RANGES = 500;

export function rangeFailures(db: Database, asset: string): PartitionFailure[] {
  return db.sql
    .exec<{ partition: string; at: number; run: string; message: string }>(
      `SELECT partition, at, run, message FROM partition_failure WHERE asset = ? AND instr(partition, '...') > 0 ORDER BY at DESC LIMIT ${MAX_RANGES}`,
      asset,
    )
    .toArray();
}

export function rangeMaterializations(
  db: Database,
  asset: string,
): { readonly partition: string; readonly at: number; readonly run: string | null }[] {
  return db.sql
    .exec<{ partition: string; at: number; run: string | null }>(
      `SELECT asset_event.partition AS partition, event.at AS at, run.id AS run FROM asset_event JOIN event ON event.gseq = asset_event.gseq LEFT JOIN run ON run.no = event.run_no
       WHERE asset_event.asset = ? AND asset_event.type = 'asset_materialized' AND instr(asset_event.partition, '...') > 0 ORDER BY asset_event.gseq DESC LIMIT ${MAX_RANGES}`,
      asset,
    )
    .toArray();
}

/** The parts of its range that a step has reported. */
export function reportedParts(db: Database, of: { readonly asset: string; readonly runNo: number; readonly step: string }): string[] {
  return db.sql
    .exec<{ partition: string }>(
      `SELECT asset_event.partition AS partition FROM event JOIN asset_event ON asset_event.asset = ?1 AND asset_event.gseq = event.gseq
       WHERE event.run_no = ?2 AND event.step = ?3 AND event.type = 'asset_materialized' AND asset_event.partition IS NOT NULL`,
      of.asset,
      of.runNo,
      of.step,
    )
    .toArray()
    .map((row) => row.partition);
}
