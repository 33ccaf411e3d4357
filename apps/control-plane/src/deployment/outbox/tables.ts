/**
 * The table of messages that leave the deployment. Drizzle's description of it; `migrations.ts` makes it, and a test compares the two.
 * Times are milliseconds.
 */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const outbox = sqliteTable("outbox", {
  no: integer().primaryKey(),
  /** The receiver knows a repeated message by it: the same for every attempt, also after a person sends it again. */
  key: text().notNull(),
  destination: text().notNull(),
  topic: text().notNull(),
  body: text().notNull(),
  createdAt: integer().notNull(),
  attempts: integer().notNull(),
  /** When it is sent next; null: it is a dead letter. */
  nextAt: integer(),
  deadAt: integer(),
  /** Why the last attempt failed. */
  error: text(),
});
export type OutboxRow = typeof outbox.$inferSelect;
