/** Reads the runs of a time span, newest first, through the index on their creation time. */
import { run } from "../runs/tables.ts";
import { and, between, count, desc, gte, isNull, lt, or, sql } from "drizzle-orm";
import type { Database } from "../kernel/database.ts";

const columns = {
  no: run.no,
  id: run.id,
  status: run.status,
  job: run.job,
  selection: run.selection,
  trigger: run.trigger,
  createdAt: run.createdAt,
  startedAt: run.startedAt,
  endedAt: run.endedAt,
  error: run.error,
};

/** An ended run that was created longer than this before the span is not found. */
const LONGEST_RUN_MS = 2 * 86_400_000;

interface Span {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

export function runsMadeIn(db: Database, span: Span) {
  return db.orm
    .select(columns)
    .from(run)
    .where(between(run.createdAt, span.from, span.to))
    .orderBy(desc(run.createdAt), desc(run.no))
    .limit(span.limit)
    .all();
}

export function countRunsMadeIn(db: Database, span: Pick<Span, "from" | "to">): number {
  return (
    db.orm
      .select({ count: count() })
      .from(run)
      .where(between(run.createdAt, span.from, span.to))
      .get()?.count ?? 0
  );
}

/** Runs that were created before the span and had not ended when it began. */
export function runsReachingInto(db: Database, span: Pick<Span, "from" | "limit">) {
  const open = db.orm
    .select(columns)
    .from(run)
    .where(and(sql`${run.status} IN ('queued', 'starting', 'running', 'canceling')`, lt(run.createdAt, span.from)))
    .orderBy(desc(run.createdAt))
    .limit(span.limit)
    .all();
  const ended = db.orm
    .select(columns)
    .from(run)
    .where(
      and(
        gte(run.createdAt, span.from - LONGEST_RUN_MS),
        lt(run.createdAt, span.from),
        or(gte(run.endedAt, span.from), isNull(run.endedAt)),
        sql`${run.status} IN ('succeeded', 'failed', 'canceled')`,
      ),
    )
    .orderBy(desc(run.createdAt))
    .limit(span.limit)
    .all();
  return [...open, ...ended];
}
