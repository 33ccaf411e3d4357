/** Stores the freshness state of assets with a freshness policy: since when it holds and when it changes next. */
import type { FreshnessState } from "@headgate/shared/domain/health/freshness.ts";
import type { Database } from "../kernel/database.ts";

export interface FreshnessRow {
  readonly asset: string;
  readonly state: FreshnessState;
  readonly since: number;
  readonly changesAt: number | null;
}

type Raw = { asset: string; state: string; since: number; changesAt: number | null };
const COLUMNS = "asset, state, since, changes_at AS changesAt";

export function freshnessRows(db: Database, assets: readonly string[]): Map<string, FreshnessRow> {
  const rows = db.sql
    .exec<Raw>(`SELECT ${COLUMNS} FROM freshness_state WHERE asset IN (SELECT value FROM json_each(?))`, JSON.stringify(assets))
    .toArray();
  return new Map(rows.map((row) => [row.asset, row as FreshnessRow]));
}

export function saveFreshness(db: Database, row: FreshnessRow): void {
  db.sql.exec(
    `INSERT INTO freshness_state (asset, state, since, changes_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (asset) DO UPDATE SET state = excluded.state, since = excluded.since, changes_at = excluded.changes_at`,
    row.asset,
    row.state,
    row.since,
    row.changesAt,
  );
}

export function assetsWithFreshness(db: Database): string[] {
  return db.sql
    .exec<{ asset: string }>("SELECT asset FROM freshness_state")
    .toArray()
    .map((row) => row.asset);
}

export function deleteFreshness(db: Database, assets: readonly string[]): void {
  db.sql.exec("DELETE FROM freshness_state WHERE asset IN (SELECT value FROM json_each(?))", JSON.stringify(assets));
}

export function dueFreshness(db: Database, now: number, limit: number): string[] {
  return db.sql
    .exec<{ asset: string }>("SELECT asset FROM freshness_state WHERE changes_at <= ? ORDER BY changes_at LIMIT ?", now, limit)
    .toArray()
    .map((row) => row.asset);
}

export function nextFreshnessChange(db: Database): number | null {
  return db.sql.exec<{ at: number | null }>("SELECT min(changes_at) AS at FROM freshness_state WHERE changes_at IS NOT NULL").one().at;
}

/** Assets that are late, the most recent change first. */
export function lateAssets(db: Database, limit: number): FreshnessRow[] {
  return db.sql
    .exec<Raw>(
      `SELECT ${COLUMNS} FROM freshness_state INDEXED BY freshness_state_late WHERE state IN ('warning', 'overdue') ORDER BY since DESC LIMIT ?`,
      limit,
    )
    .toArray()
    .map((row) => row as FreshnessRow);
}
