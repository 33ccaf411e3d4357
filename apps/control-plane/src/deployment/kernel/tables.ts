/**
 * The tables of the kernel: settings of the deployment, its event log and its timers. Drizzle's description of them, for row types and typed queries; `migrations.ts` makes them, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const meta = sqliteTable("meta", { key: text().primaryKey(), value: text().notNull() });

export const event = sqliteTable("event", {
  /** Deployment-wide, for followers and asset pages. */
  gseq: integer().primaryKey(),
  runNo: integer().notNull(),
  /** Within the run, gap-free from 1. */
  seq: integer().notNull(),
  at: integer().notNull(),
  step: text(),
  attempt: integer(),
  type: text().notNull(),
  /** Of log lines: 0 debug, 1 info, 2 warn, 3 error. Of everything else: how much it matters on the same scale. */
  level: integer().notNull(),
  body: text().notNull(),
});

export const timer = sqliteTable("timer", { kind: text().notNull(), id: text().notNull(), at: integer().notNull() }, (table) => [
  primaryKey({ columns: [table.kind, table.id] }),
]);
