/**
 * The Drizzle schema of the kernel's tables (single values, the event log, timers), for row types and typed queries. `migrations.ts` creates
 * the tables, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const meta = sqliteTable("meta", { key: text().primaryKey(), value: text().notNull() });

export const event = sqliteTable("event", {
  /** The deployment-wide number. */
  gseq: integer().primaryKey(),
  runNo: integer().notNull(),
  /** The number within the run, from 1 without gaps. */
  seq: integer().notNull(),
  at: integer().notNull(),
  step: text(),
  attempt: integer(),
  type: text().notNull(),
  /** 0 debug, 1 info, 2 warn, 3 error. Events other than log lines use the same scale for their importance. */
  level: integer().notNull(),
  body: text().notNull(),
});

export const timer = sqliteTable("timer", { kind: text().notNull(), id: text().notNull(), at: integer().notNull() }, (table) => [
  primaryKey({ columns: [table.kind, table.id] }),
]);
