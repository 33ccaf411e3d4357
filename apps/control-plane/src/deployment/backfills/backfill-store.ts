/** Stores backfills: one row each, with the outcomes of the slices as ranges, and the frozen plan in chunks. */
import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { BackfillStatus } from "@headgate/shared/contract/runs/backfill-views.ts";
import { backfill } from "./tables.ts";
import { run } from "../runs/tables.ts";
import { type Database, prepared } from "../kernel/database.ts";
import { backfillId } from "@headgate/shared/domain/run/backfill-id.ts";

export type BackfillRow = typeof backfill.$inferSelect;

/** The id is made from the number, so that a run, which stores the number, can name its backfill. */
export function insertBackfill(db: Database, row: Omit<BackfillRow, "no" | "id">): BackfillRow {
  const { next } = db.sql.exec<{ next: number }>("SELECT coalesce(max(no), 0) + 1 AS next FROM backfill").one();
  return db.orm
    .insert(backfill)
    .values({ ...row, no: next, id: backfillId(next) })
    .returning()
    .get();
}

export function readBackfill(db: Database, no: number): BackfillRow | null {
  return db.orm.select().from(backfill).where(eq(backfill.no, no)).get() ?? null;
}

export function backfillNoOfRequest(db: Database, requestId: string): number | null {
  return db.orm.select({ no: backfill.no }).from(backfill).where(eq(backfill.requestId, requestId)).get()?.no ?? null;
}

/** Stores the columns that change while the backfill runs. */
export function updateBackfill(db: Database, row: BackfillRow): void {
  db.sql.exec(
    `UPDATE backfill SET status = ?, succeeded = ?, failed = ?, canceled = ?, blocked = ?, active = ?, refused = ?, ended_at = ?, error = ? WHERE no = ?`,
    row.status,
    JSON.stringify(row.succeeded),
    JSON.stringify(row.failed),
    JSON.stringify(row.canceled),
    row.blocked,
    JSON.stringify(row.active),
    JSON.stringify(row.refused),
    row.endedAt,
    row.error,
    row.no,
  );
}

/** Newest first. */
export function listBackfills(
  db: Database,
  query: { readonly statuses: readonly BackfillStatus[] | undefined; readonly before: number | null; readonly limit: number },
): BackfillRow[] {
  const { statuses, limit } = query;
  const before = query.before ?? Number.MAX_SAFE_INTEGER;
  // The home page asks without statuses; this is the query worth keeping.
  if (statuses === undefined)
    return prepared(db, "listBackfills", (orm) =>
      orm
        .select()
        .from(backfill)
        .where(lt(backfill.no, sql.placeholder("before")))
        .orderBy(desc(backfill.no))
        .limit(sql.placeholder("limit"))
        .prepare(),
    ).all({ before, limit });
  return db.orm
    .select()
    .from(backfill)
    .where(and(lt(backfill.no, before), inArray(backfill.status, [...statuses])))
    .orderBy(desc(backfill.no))
    .limit(limit)
    .all();
}

export function insertPlanChunks(db: Database, no: number, chunks: readonly string[]): void {
  for (const [chunk, body] of chunks.entries())
    db.sql.exec("INSERT INTO backfill_plan (backfill_no, chunk, body) VALUES (?, ?, ?)", no, chunk, body);
}

export function readPlanChunks(db: Database, no: number): string[] {
  return db.sql
    .exec<{ body: string }>("SELECT body FROM backfill_plan WHERE backfill_no = ? ORDER BY chunk", no)
    .toArray()
    .map((row) => row.body);
}

/** The end times of its newest ended runs. */
export function recentEnds(db: Database, no: number, limit: number): number[] {
  return db.sql
    .exec<{ at: number }>(
      "SELECT ended_at AS at FROM run WHERE backfill_no = ? AND ended_at IS NOT NULL ORDER BY no DESC LIMIT ?",
      no,
      limit,
    )
    .toArray()
    .map((row) => row.at);
}

export interface FailedRun {
  readonly id: string;
  readonly slice: number;
  readonly partition: string | null;
  readonly error: string | null;
}

/** Newest first. */
export function failedRuns(db: Database, no: number, limit: number): FailedRun[] {
  return db.orm
    .select({ id: run.id, slice: sql<number>`coalesce(${run.backfillSlice}, -1)`, partition: run.partition, error: run.error })
    .from(run)
    .where(and(eq(run.backfillNo, no), eq(run.status, "failed")))
    .orderBy(desc(run.no))
    .limit(limit)
    .all();
}

/** The newest run that retries this one. */
export function retryOf(db: Database, parent: { readonly id: string; readonly backfillNo: number }): number | null {
  return (
    db.orm
      .select({ no: run.no })
      .from(run)
      .where(and(eq(run.parent, parent.id), eq(run.backfillNo, parent.backfillNo)))
      .orderBy(desc(run.no))
      .limit(1)
      .get()?.no ?? null
  );
}
