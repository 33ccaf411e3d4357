/** Reads where changes of assets stand in the order of events. The query uses the primary key of `asset_event`. */
import type { Database } from "../kernel/database.ts";

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
