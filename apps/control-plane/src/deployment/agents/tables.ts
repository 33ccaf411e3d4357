/**
 * The Drizzle schema of the agent table, for row types and typed queries. `migrations.ts` creates the table, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";

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
  /** The tag of the agent's socket. */
  socket: text(),
  connectedAt: integer().notNull(),
  lastSeenAt: integer().notNull(),
  /** The highest item number stored. */
  received: integer().notNull(),
  labels: text({ mode: "json" }).$type<Tags>().notNull(),
  locations: text({ mode: "json" })
    .$type<readonly { readonly location: string; readonly version: string; readonly state: "ready" | "failed" | "loading" }[]>()
    .notNull(),
  /** The hash of the agent's key; null for agents that sent none. */
  keyHash: text(),
  /** The attempt that this pod runs; null for agents that take work from the queue. */
  podOf: text({ mode: "json" }).$type<AttemptRef>(),
});

export type AgentRow = typeof agent.$inferSelect;
