/**
 * The table of agents. Drizzle's description of them, for row types and typed queries; `migrations.ts` makes them, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

type Tags = Readonly<Record<string, string>>;

export const agent = sqliteTable("agent", {
  instance: text().primaryKey(),
  token: text().notNull(),
  tokenName: text().notNull(),
  hostname: text().notNull(),
  version: text().notNull(),
  queue: text().notNull(),
  slots: integer().notNull(),
  status: text().$type<"connected" | "draining" | "disconnected">().notNull(),
  /** Tag of its socket. */
  socket: text(),
  connectedAt: integer().notNull(),
  lastSeenAt: integer().notNull(),
  /** Highest item number stored. */
  received: integer().notNull(),
  labels: text({ mode: "json" }).$type<Tags>().notNull(),
  locations: text({ mode: "json" })
    .$type<readonly { readonly location: string; readonly version: string; readonly state: "ready" | "failed" | "loading" }[]>()
    .notNull(),
});

export type AgentRow = typeof agent.$inferSelect;
