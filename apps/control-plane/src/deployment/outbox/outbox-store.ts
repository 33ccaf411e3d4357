/** Stores messages that wait to be sent, and dead letters. A delivered message has no row. */
import type { Database } from "../kernel/database.ts";
import type { DestinationName } from "./destination.ts";
import type { OutboxRow } from "./tables.ts";

export type StoredMessage = Omit<OutboxRow, "destination"> & { readonly destination: DestinationName };

const COLUMNS = "no, key, destination, topic, body, created_at AS createdAt, attempts, next_at AS nextAt, dead_at AS deadAt, error";

export function insertMessage(db: Database, row: Omit<StoredMessage, "no">): void {
  db.sql.exec(
    "INSERT INTO outbox (key, destination, topic, body, created_at, attempts, next_at, dead_at, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    row.key,
    row.destination,
    row.topic,
    row.body,
    row.createdAt,
    row.attempts,
    row.nextAt,
    row.deadAt,
    row.error,
  );
}

export function countWaiting(db: Database): number {
  return db.sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox WHERE next_at IS NOT NULL").one().n;
}

/** Due messages, the longest due first. */
export function dueMessages(db: Database, input: { readonly now: number; readonly limit: number }): StoredMessage[] {
  return db.sql
    .exec(`SELECT ${COLUMNS} FROM outbox WHERE next_at <= ? ORDER BY next_at, no LIMIT ?`, input.now, input.limit)
    .toArray() as unknown as StoredMessage[];
}

export function nextSendAt(db: Database): number | null {
  return db.sql.exec<{ at: number | null }>("SELECT min(next_at) AS at FROM outbox WHERE next_at IS NOT NULL").one().at;
}

/** Messages that would be sent after `latest` are sent now. */
export function pullMessages(db: Database, { now, latest }: { readonly now: number; readonly latest: number }): void {
  db.sql.exec("UPDATE outbox SET next_at = ? WHERE next_at > ?", now, latest);
}

export function readMessage(db: Database, key: string): StoredMessage | null {
  const [row] = db.sql.exec(`SELECT ${COLUMNS} FROM outbox WHERE key = ?`, key).toArray();
  return (row as unknown as StoredMessage | undefined) ?? null;
}

export function deleteMessages(db: Database, numbers: readonly number[]): void {
  db.sql.exec("DELETE FROM outbox WHERE no IN (SELECT value FROM json_each(?))", JSON.stringify(numbers));
}

export function updateMessage(db: Database, row: Pick<StoredMessage, "no" | "attempts" | "nextAt" | "deadAt" | "error">): void {
  db.sql.exec(
    "UPDATE outbox SET attempts = ?, next_at = ?, dead_at = ?, error = ? WHERE no = ?",
    row.attempts,
    row.nextAt,
    row.deadAt,
    row.error,
    row.no,
  );
}

/** Newest first. `before`: only messages with a smaller number. */
export function listMessages(
  db: Database,
  query: { readonly dead: boolean; readonly before: number | null; readonly limit: number },
): StoredMessage[] {
  return db.sql
    .exec(
      `SELECT ${COLUMNS} FROM outbox WHERE ${query.dead ? "dead_at IS NOT NULL" : "next_at IS NOT NULL"} AND no < ? ORDER BY no DESC LIMIT ?`,
      query.before ?? Number.MAX_SAFE_INTEGER,
      query.limit,
    )
    .toArray() as unknown as StoredMessage[];
}
