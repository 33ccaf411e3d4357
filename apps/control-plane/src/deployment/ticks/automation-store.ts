/** Stores the state of every schedule and sensor that was ever published, and the used run keys. */
import { and, asc, eq, gt, isNotNull, sql } from "drizzle-orm";
import { automation } from "./tables.ts";
import { type Database, prepared } from "../kernel/database.ts";

export type AutomationRow = typeof automation.$inferSelect;

export interface Source {
  readonly location: string;
  readonly kind: "schedule" | "sensor";
  readonly name: string;
}

export function readAutomations(db: Database): AutomationRow[] {
  return db.orm.select().from(automation).all();
}

export function readAutomation(db: Database, source: Source): AutomationRow | null {
  const query = prepared(db, "readAutomation", (orm) =>
    orm
      .select()
      .from(automation)
      .where(
        and(
          eq(automation.location, sql.placeholder("location")),
          eq(automation.kind, sql.placeholder("kind")),
          eq(automation.name, sql.placeholder("name")),
        ),
      )
      .prepare(),
  );
  return query.get({ location: source.location, kind: source.kind, name: source.name }) ?? null;
}

export function saveAutomation(db: Database, row: AutomationRow): void {
  db.orm
    .insert(automation)
    .values(row)
    .onConflictDoUpdate({ target: [automation.location, automation.kind, automation.name], set: row })
    .run();
}

export function saveNextAt(db: Database, source: Source, nextAt: number | null): void {
  db.sql.exec(
    "UPDATE automation SET next_at = ? WHERE location = ? AND kind = ? AND name = ?",
    nextAt,
    source.location,
    source.kind,
    source.name,
  );
}

/** What was switched on while its code location was off is on only as long as the code location is not switched off again. */
export function endSoloChoices(db: Database, location: string): void {
  db.sql.exec("UPDATE automation SET enabled = 1 WHERE location = ? AND enabled = 2", location);
}

/** Adds one to the failures in a row, or resets them to 0. */
export function countTickFailure(db: Database, source: Source, failed: boolean): void {
  db.sql.exec(
    failed
      ? "UPDATE automation SET failures = failures + 1 WHERE location = ? AND kind = ? AND name = ?"
      : "UPDATE automation SET failures = 0 WHERE location = ? AND kind = ? AND name = ? AND failures > 0",
    source.location,
    source.kind,
    source.name,
  );
}

/** Schedules and sensors whose last tick failed. */
export function failingAutomations(db: Database): AutomationRow[] {
  return prepared(db, "failingAutomations", (orm) => orm.select().from(automation).where(gt(automation.failures, 0)).prepare()).all();
}

/** Schedules that are on, by their next time. */
export function comingSchedules(db: Database, limit: number): AutomationRow[] {
  return prepared(db, "comingSchedules", (orm) =>
    orm
      .select()
      .from(automation)
      .where(and(eq(automation.kind, "schedule"), isNotNull(automation.nextAt)))
      .orderBy(asc(automation.nextAt), asc(automation.name))
      .limit(sql.placeholder("limit"))
      .prepare(),
  ).all({ limit });
}

// ------------------------------------------------------------------ run keys
export interface RunKey {
  readonly location: string;
  readonly sensor: string;
  readonly key: string;
}

export function runOfKey(db: Database, key: RunKey): number | null {
  return (
    db.sql
      .exec<{ no: number }>(
        "SELECT run_no AS no FROM run_key WHERE location = ? AND sensor = ? AND key = ?",
        key.location,
        key.sensor,
        key.key,
      )
      .toArray()[0]?.no ?? null
  );
}

export function insertRunKey(db: Database, row: RunKey & { readonly runNo: number }): void {
  db.sql.exec("INSERT INTO run_key (location, sensor, key, run_no) VALUES (?, ?, ?, ?)", row.location, row.sensor, row.key, row.runNo);
}

/** Returns whether the key existed. */
export function deleteRunKey(db: Database, key: RunKey): boolean {
  const { rowsWritten } = db.sql.exec(
    "DELETE FROM run_key WHERE location = ? AND sensor = ? AND key = ?",
    key.location,
    key.sensor,
    key.key,
  );
  return rowsWritten > 0;
}
