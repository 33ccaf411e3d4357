/** Stores the addresses of webhooks and their secrets. */
import { and, asc, eq, isNull, lt, or, sql } from "drizzle-orm";
import { hook, webhookSecret } from "./tables.ts";
import type { Database } from "../kernel/database.ts";

export type WebhookRow = typeof hook.$inferSelect;
export type HookSecretRow = typeof webhookSecret.$inferSelect;

export interface WebhookPlace {
  readonly location: string;
  readonly sensor: string;
}

export function readWebhook(db: Database, id: string): WebhookRow | null {
  return db.orm.select().from(hook).where(eq(hook.id, id)).get() ?? null;
}

export function webhookOfSensor(db: Database, at: WebhookPlace): WebhookRow | null {
  return (
    db.orm
      .select()
      .from(hook)
      .where(and(eq(hook.location, at.location), eq(hook.sensor, at.sensor)))
      .get() ?? null
  );
}

export function insertWebhook(db: Database, row: WebhookRow): void {
  db.orm.insert(hook).values(row).run();
}

export function updateWebhook(db: Database, row: WebhookRow): void {
  db.orm.update(hook).set(row).where(eq(hook.id, row.id)).run();
}

export function addStoredBytes(db: Database, id: string, bytes: number): void {
  db.orm
    .update(hook)
    .set({ storedBytes: sql`max(0, ${hook.storedBytes} + ${bytes})` })
    .where(eq(hook.id, id))
    .run();
}

export function webhookIds(db: Database): string[] {
  return db.orm
    .select({ id: hook.id })
    .from(hook)
    .orderBy(asc(hook.id))
    .all()
    .map((row) => row.id);
}

/** Oldest first. */
export function secretsOf(db: Database, hookId: string): HookSecretRow[] {
  return db.orm
    .select()
    .from(webhookSecret)
    .where(eq(webhookSecret.hook, hookId))
    .orderBy(asc(webhookSecret.createdAt), asc(webhookSecret.id))
    .all();
}

export function insertSecret(db: Database, row: HookSecretRow): void {
  db.orm.insert(webhookSecret).values(row).run();
}

export function deleteSecret(db: Database, id: string): void {
  db.orm.delete(webhookSecret).where(eq(webhookSecret.id, id)).run();
}

/** Writes only if the last use was stored longer ago than `every`. */
export function markSecretUsed(db: Database, id: string, at: { readonly now: number; readonly every: number }): void {
  const stale = or(isNull(webhookSecret.lastUsedAt), lt(webhookSecret.lastUsedAt, at.now - at.every));
  db.orm
    .update(webhookSecret)
    .set({ lastUsedAt: at.now })
    .where(and(eq(webhookSecret.id, id), stale))
    .run();
}
