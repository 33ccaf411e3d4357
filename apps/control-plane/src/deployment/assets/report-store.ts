/** Remembers reports from outside by the request id of the reporter, so that a repeated report is stored once. */
import type { Database } from "../kernel/database.ts";

/** A request is not repeated after so long. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

export function seqOfReport(db: Database, id: string | undefined): number | null {
  if (id === undefined) return null;
  return db.sql.exec<{ gseq: number }>("SELECT gseq FROM report_request WHERE id = ?", id).toArray()[0]?.gseq ?? null;
}

export function insertReport(db: Database, row: { readonly id: string; readonly gseq: number; readonly at: number }): void {
  db.sql.exec("INSERT INTO report_request (id, gseq, at) VALUES (?, ?, ?)", row.id, row.gseq, row.at);
  db.sql.exec("DELETE FROM report_request WHERE at < ?", row.at - KEPT_MS);
}
