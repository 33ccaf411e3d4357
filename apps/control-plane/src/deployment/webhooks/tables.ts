/**
 * The Drizzle schema of the tables of webhooks (addresses, secrets, deliveries), for row types and typed queries. `migrations.ts` creates the
 * tables, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { DeliveryState, WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";

type Tags = Readonly<Record<string, string>>;

export const hook = sqliteTable("hook", {
  id: text().primaryKey(),
  location: text().notNull(),
  sensor: text().notNull(),
  enabled: integer().notNull(),
  refused: integer().notNull(),
  lastRefusedAt: integer(),
  /** The latest refusals, newest first. */
  refusals: text({ mode: "json" }).$type<WebhookView["refusals"]>().notNull(),
  /** The size of all stored deliveries. */
  storedBytes: integer().notNull(),
});

export const webhookSecret = sqliteTable("hook_secret", {
  id: text().primaryKey(),
  hook: text().notNull(),
  secret: text().notNull(),
  createdAt: integer().notNull(),
  createdBy: text().notNull(),
  lastUsedAt: integer(),
});

export const delivery = sqliteTable("delivery", {
  no: integer().primaryKey(),
  id: text().notNull(),
  hook: text().notNull(),
  senderId: text(),
  at: integer().notNull(),
  state: text().$type<DeliveryState>().notNull(),
  bytes: integer().notNull(),
  received: integer().notNull(),
  tick: text(),
  runs: text({ mode: "json" }).$type<readonly string[]>().notNull(),
  message: text(),
  method: text().notNull(),
  headers: text({ mode: "json" }).$type<Tags>().notNull(),
  query: text({ mode: "json" }).$type<Tags>().notNull(),
  body: text().notNull(),
  /** The hash of what was signed, if the sender's id was not. */
  contentId: text(),
});
