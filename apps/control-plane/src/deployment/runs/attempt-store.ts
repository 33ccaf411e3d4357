/** Stores which agent token got which attempt of a step. The row outlives the attempt, because output arrives after its end. */
import type { Database } from "../kernel/database.ts";

export interface Attempt {
  readonly runNo: number;
  readonly position: number;
  readonly attempt: number;
  readonly token: string;
}

export function insertAttempt(db: Database, row: Attempt): void {
  db.sql.exec(
    "INSERT OR REPLACE INTO attempt (run_no, position, attempt, token) VALUES (?, ?, ?, ?)",
    row.runNo,
    row.position,
    row.attempt,
    row.token,
  );
}

/** For an agent that got another token while it worked on the attempt. */
export function changeToken(db: Database, row: Omit<Attempt, "token"> & { readonly from: string; readonly to: string }): void {
  db.sql.exec(
    "UPDATE attempt SET token = ? WHERE run_no = ? AND position = ? AND attempt = ? AND token = ?",
    row.to,
    row.runNo,
    row.position,
    row.attempt,
    row.from,
  );
}

export function wasAssignedTo(db: Database, row: Attempt): boolean {
  return (
    db.sql
      .exec(
        "SELECT 1 FROM attempt WHERE run_no = ? AND position = ? AND attempt = ? AND token = ?",
        row.runNo,
        row.position,
        row.attempt,
        row.token,
      )
      .toArray().length > 0
  );
}
