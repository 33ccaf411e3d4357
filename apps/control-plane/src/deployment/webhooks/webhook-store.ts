/** Addresses of webhooks and their secrets. */
import { and, asc, eq, isNull, lt, or, sql } from "drizzle-orm";
import { hook, hookSecret } from "./tables.ts";
import type { Database } from "../kernel/database.ts";

export type HookRow = typeof hook.$inferSelect;
export type HookSecretRow = typeof hookSecret.$inferSelect;

export interface HookPlace {
  readonly location: string;
  readonly sensor: string;
}

export function readHook(db: Database, id: string): HookRow | null {
  return db.orm.select().from(hook).where(eq(hook.id, id)).get() ?? null;
}

export function hookOfSensor(db: Database, at: HookPlace): HookRow | null {
  return (
    db.orm
      .select()
      .from(hook)
      .where(and(eq(hook.location, at.location), eq(hook.sensor, at.sensor)))
      .get() ?? null
  );
}

export function insertHook(db: Database, row: HookRow): void {
  db.orm.insert(hook).values(row).run();
}

export function updateHook(db: Database, row: HookRow): void {
  db.orm.update(hook).set(row).where(eq(hook.id, row.id)).run();
}

export function addStoredBytes(db: Database, id: string, bytes: number): void {
  db.orm
    .update(hook)
    .set({ storedBytes: sql`max(0, ${hook.storedBytes} + ${bytes})` })
    .where(eq(hook.id, id))
    .run();
}

export function hookIds(db: Database): string[] {
  return db.orm
    .select({ id: hook.id })
    .from(hook)
    .orderBy(asc(hook.id))
    .all()
    .map((row) => row.id);
}

/** Oldest first. */
export function secretsOf(db: Database, hookId: string): HookSecretRow[] {
  return db.orm.select().from(hookSecret).where(eq(hookSecret.hook, hookId)).orderBy(asc(hookSecret.createdAt), asc(hookSecret.id)).all();
}

export function insertSecret(db: Database, row: HookSecretRow): void {
  db.orm.insert(hookSecret).values(row).run();
}

export function deleteSecret(db: Database, id: string): void {
  db.orm.delete(hookSecret).where(eq(hookSecret.id, id)).run();
}

/** Writes only when the last time is longer ago than `every`. */
export function markSecretUsed(db: Database, id: string, at: { readonly now: number; readonly every: number }): void {
  const stale = or(isNull(hookSecret.lastUsedAt), lt(hookSecret.lastUsedAt, at.now - at.every));
  db.orm
    .update(hookSecret)
    .set({ lastUsedAt: at.now })
    .where(and(eq(hookSecret.id, id), stale))
    .run();
}
