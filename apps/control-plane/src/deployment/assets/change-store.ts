/** Reads where changes of assets stand in the order of events. Each query uses the primary key of `asset_event`. */
import type { Database } from "../kernel/database.ts";

export interface EventPlaceRow {
  /** The event that started the step; null if no step made this event. */
  readonly startedSeq: number | null;
  /** False if the data version stayed the same. */
  readonly changed: boolean;
}

export function eventPlace(db: Database, asset: string, gseq: number): EventPlaceRow | null {
  const row = db.sql
    .exec<{ startedSeq: number | null; changed: number | null }>(
      "SELECT started_seq AS startedSeq, changed FROM asset_event WHERE asset = ? AND gseq = ?",
      asset,
      gseq,
    )
    .toArray()[0];
  return row ? { startedSeq: row.startedSeq, changed: row.changed !== 0 } : null;
}

export interface ChangeRow {
  readonly asset: string;
  readonly partition: string | null;
  readonly gseq: number;
  readonly startedSeq: number | null;
}

/** The most changes read that happened while one step worked, newest first. */
export const MAX_CHANGES = 1000;

export function changesSince(db: Database, assets: readonly string[], since: number): ChangeRow[] {
  return db.sql
    .exec<{ asset: string; partition: string | null; gseq: number; startedSeq: number | null }>(
      `SELECT asset, partition, gseq, started_seq AS startedSeq FROM asset_event
       WHERE asset IN (SELECT value FROM json_each(?)) AND gseq > ? AND changed = 1 ORDER BY gseq DESC LIMIT ${MAX_CHANGES}`,
      JSON.stringify(assets),
      since,
    )
    .toArray();
}
