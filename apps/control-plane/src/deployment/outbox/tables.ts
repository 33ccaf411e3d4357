/**
 * The Drizzle schema of the outbox table. `migrations.ts` creates the table, and a test compares the two.
 * Times are milliseconds.
 */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const outbox = sqliteTable("outbox", {
  no: integer().primaryKey(),
  /** Lets the receiver recognize a repeated message: the key stays the same for all attempts, even if a person sends the message again. */
  key: text().notNull(),
  destination: text().notNull(),
  topic: text().notNull(),
  body: text().notNull(),
  createdAt: integer().notNull(),
  attempts: integer().notNull(),
  /** When the message is sent next; null for a dead letter. */
  nextAt: integer(),
  deadAt: integer(),
  /** Why the last attempt failed. */
  error: text(),
});
export type OutboxRow = typeof outbox.$inferSelect;
