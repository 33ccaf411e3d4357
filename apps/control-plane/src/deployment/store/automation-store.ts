/** Schedules and sensors in force, their ticks, and the run keys that sensors have used. */
import { and, asc, desc, eq, isNotNull, sql } from "drizzle-orm";
import { automation, runKey, tick } from "../schema.ts";
import type { Database } from "./database.ts";

export type AutomationRow = typeof automation.$inferSelect;
export type TickRow = typeof tick.$inferSelect;

export interface Source {
  readonly location: string;
  readonly kind: "schedule" | "sensor";
  readonly name: string;
}

const isSource = (source: Source) =>
  and(eq(automation.location, source.location), eq(automation.kind, source.kind), eq(automation.name, source.name));
const isTickOf = (source: Source) => and(eq(tick.location, source.location), eq(tick.kind, source.kind), eq(tick.name, source.name));

export function readAutomations(db: Database): AutomationRow[] {
  return db.orm.select().from(automation).all();
}

export function readAutomation(db: Database, source: Source): AutomationRow | null {
  return db.orm.select().from(automation).where(isSource(source)).get() ?? null;
}

export function saveAutomation(db: Database, row: AutomationRow): void {
  db.orm
    .insert(automation)
    .values(row)
    .onConflictDoUpdate({ target: [automation.location, automation.kind, automation.name], set: row })
    .run();
}

/** Schedules by their next time. */
export function comingSchedules(db: Database, limit: number): AutomationRow[] {
  return db.orm
    .select()
    .from(automation)
    .where(and(eq(automation.kind, "schedule"), isNotNull(automation.nextAt)))
    .orderBy(asc(automation.nextAt), asc(automation.name))
    .limit(limit)
    .all();
}

/** False when this time of this source has had its tick. */
export function insertTick(db: Database, row: TickRow): boolean {
  return db.orm.insert(tick).values(row).onConflictDoNothing().returning({ id: tick.id }).all().length > 0;
}

export function readTick(db: Database, id: string): TickRow | null {
  return db.orm.select().from(tick).where(eq(tick.id, id)).get() ?? null;
}

export function openTick(db: Database, source: Source): TickRow | null {
  return (
    db.orm
      .select()
      .from(tick)
      .where(and(isTickOf(source), eq(tick.state, "open")))
      .get() ?? null
  );
}

const KEPT_TICKS = 500;

export function finishTick(db: Database, row: TickRow): void {
  db.orm
    .update(tick)
    .set({
      state: row.state,
      finishedAt: row.finishedAt,
      cursorAfter: row.cursorAfter,
      runs: row.runs,
      message: row.message,
      stack: row.stack,
      logs: row.logs,
    })
    .where(eq(tick.id, row.id))
    .run();
  const oldest = db.orm
    .select({ at: tick.scheduledFor })
    .from(tick)
    .where(isTickOf(row))
    .orderBy(desc(tick.scheduledFor))
    .limit(1)
    .offset(KEPT_TICKS)
    .get();
  if (oldest)
    db.orm
      .delete(tick)
      .where(and(isTickOf(row), sql`${tick.scheduledFor} <= ${oldest.at}`))
      .run();
}

export function runOfKey(db: Database, key: { readonly location: string; readonly sensor: string; readonly key: string }): number | null {
  return (
    db.orm
      .select({ no: runKey.runNo })
      .from(runKey)
      .where(and(eq(runKey.location, key.location), eq(runKey.sensor, key.sensor), eq(runKey.key, key.key)))
      .get()?.no ?? null
  );
}

export function insertRunKey(
  db: Database,
  row: { readonly location: string; readonly sensor: string; readonly key: string; readonly runNo: number },
): void {
  db.orm.insert(runKey).values(row).run();
}
