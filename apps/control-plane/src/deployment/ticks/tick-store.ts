/** Stores ticks, one row each; a tick is open until it is decided. */
import { and, asc, desc, eq, isNull, lt, ne, or, sql, type SQL } from "drizzle-orm";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { TickState } from "@headgate/shared/contract/automations/automation-views.ts";
import { tick } from "./tables.ts";
import { type Database, jsonOrNull, prepared } from "../kernel/database.ts";
import type { Source } from "./automation-store.ts";

export type TickRow = typeof tick.$inferSelect;

const isTickOf = (source: Source) => and(eq(tick.location, source.location), eq(tick.kind, source.kind), eq(tick.name, source.name));
const isTickOfGiven = and(
  eq(tick.location, sql.placeholder("location")),
  eq(tick.kind, sql.placeholder("kind")),
  eq(tick.name, sql.placeholder("name")),
);
const given = ({ location, kind, name }: Source) => ({ location, kind, name });
// A literal, because SQLite uses a partial index only for literals.
const isOpen = sql`${tick.state} = 'open'`;

/** Whether a schedule has had its tick of this time. A tick that a person requested does not count. */
export function hasTickAt(db: Database, schedule: { readonly location: string; readonly name: string }, at: number): boolean {
  return (
    db.sql
      .exec(
        "SELECT 1 FROM tick WHERE location = ? AND name = ? AND scheduled_for = ? AND kind = 'schedule' AND cause IN ('clock', 'catch_up')",
        schedule.location,
        schedule.name,
        at,
      )
      .toArray().length > 0
  );
}

/** Returns the tick's number. */
export function insertTick(db: Database, row: TickRow): number {
  return db.sql
    .exec<{ no: number }>(
      `INSERT INTO tick (id, location, kind, name, scheduled_for, cause, state, created_at, started_at, finished_at, attempt, agent, cursor_before, cursor_after, parts,
         runs, run_count, message, stack, logs, deduplicated, dynamic_partitions, events, dropped, chain)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING no`,
      row.id,
      row.location,
      row.kind,
      row.name,
      row.scheduledFor,
      row.cause,
      row.state,
      row.createdAt,
      row.startedAt,
      row.finishedAt,
      row.attempt,
      row.agent,
      row.cursorBefore,
      row.cursorAfter,
      row.parts,
      ...changing(row),
      JSON.stringify(row.events),
      row.dropped,
      jsonOrNull(row.chain),
    )
    .one().no;
}

export function updateTick(db: Database, row: TickRow): void {
  db.sql.exec(
    `UPDATE tick SET state = ?, started_at = ?, finished_at = ?, attempt = ?, agent = ?, cursor_after = ?, parts = ?,
       runs = ?, run_count = ?, message = ?, stack = ?, logs = ?, deduplicated = ?, dynamic_partitions = ? WHERE no = ?`,
    row.state,
    row.startedAt,
    row.finishedAt,
    row.attempt,
    row.agent,
    row.cursorAfter,
    row.parts,
    ...changing(row),
    row.no,
  );
}

function changing(row: TickRow): SqlStorageValue[] {
  return [
    JSON.stringify(row.runs),
    row.runCount,
    row.message,
    row.stack,
    JSON.stringify(row.logs),
    JSON.stringify(row.deduplicated),
    JSON.stringify(row.dynamicPartitions),
  ];
}

export function readTick(db: Database, id: string): TickRow | null {
  const query = prepared(db, "readTick", (orm) =>
    orm
      .select()
      .from(tick)
      .where(eq(tick.id, sql.placeholder("id")))
      .prepare(),
  );
  return query.get({ id }) ?? null;
}

export function readTickByNo(db: Database, no: number): TickRow | null {
  const query = prepared(db, "readTickByNo", (orm) =>
    orm
      .select()
      .from(tick)
      .where(eq(tick.no, sql.placeholder("no")))
      .prepare(),
  );
  return query.get({ no }) ?? null;
}

/** Oldest first. */
export function openTicksOf(db: Database, source: Source): TickRow[] {
  const query = prepared(db, "openTicksOf", (orm) =>
    orm.select().from(tick).where(and(isTickOfGiven, isOpen)).orderBy(asc(tick.no)).prepare(),
  );
  return query.all(given(source));
}

/** Open ticks that wait for an agent or for the end of a run. Oldest first. */
export function waitingTicks(db: Database, input: { readonly after: number; readonly limit: number }): TickRow[] {
  return db.orm
    .select()
    .from(tick)
    .where(and(isOpen, isNull(tick.startedAt), sql`${tick.no} > ${input.after}`))
    .orderBy(asc(tick.no))
    .limit(input.limit)
    .all();
}

/** Waiting ticks of a schedule, without the newest `keep`, and those planned before `notBefore`. Oldest first. */
export function waitingBeyond(
  db: Database,
  source: Source,
  input: { readonly keep: number; readonly notBefore: number; readonly limit: number },
): TickRow[] {
  const waits = and(isTickOf(source), isOpen, isNull(tick.startedAt), eq(tick.attempt, 1), ne(tick.cause, "person"));
  const newest = db.orm.select({ no: tick.no }).from(tick).where(waits).orderBy(desc(tick.no)).limit(1).offset(input.keep);
  return db.orm
    .select()
    .from(tick)
    .where(and(waits, or(lt(tick.scheduledFor, input.notBefore), sql`${tick.no} <= (${newest})`)))
    .orderBy(asc(tick.no))
    .limit(input.limit)
    .all();
}

export function openTicksOfAgent(db: Database, agent: string): TickRow[] {
  return db.orm
    .select()
    .from(tick)
    .where(and(isOpen, eq(tick.agent, agent)))
    .orderBy(asc(tick.no))
    .all();
}

/** The number of ticks that each agent is evaluating. */
export function evaluationCounts(db: Database): Map<string, number> {
  const rows = db.sql
    .exec<{ agent: string; count: number }>(
      "SELECT agent, count(*) AS count FROM tick WHERE state = 'open' AND agent IS NOT NULL GROUP BY agent",
    )
    .toArray();
  return new Map(rows.map((row) => [row.agent, row.count]));
}

export interface TickListQuery {
  readonly location?: string | undefined;
  readonly kind?: Source["kind"] | undefined;
  readonly name?: string | undefined;
  readonly states?: readonly TickState[] | undefined;
  /** Ticks with a smaller number. */
  readonly before: number | null;
  readonly limit: number;
}

/** Newest first. One statement per state, so that each can use an index. */
export function listTicks(db: Database, query: TickListQuery): TickRow[] {
  const states = [...new Set(query.states)];
  if (states.length === 0) return listSome(db, query, null);
  return states
    .flatMap((state) => listSome(db, query, state))
    .sort((a, b) => b.no - a.no)
    .slice(0, query.limit);
}

function listSome(db: Database, query: TickListQuery, state: TickState | null): TickRow[] {
  const where: (SQL | undefined)[] = [
    query.location === undefined ? undefined : eq(tick.location, query.location),
    query.kind === undefined ? undefined : eq(tick.kind, query.kind),
    query.name === undefined ? undefined : eq(tick.name, query.name),
    query.before === null ? undefined : sql`${tick.no} < ${query.before}`,
    state === null ? undefined : isInState(state),
  ];
  return db.orm
    .select()
    .from(tick)
    .where(and(...where))
    .orderBy(desc(tick.no))
    .limit(query.limit)
    .all();
}

function isInState(state: TickState): SQL {
  switch (state) {
    case "open":
      return isOpen;
    case "failed":
      return sql`${tick.state} = 'failed'`;
    case "requested":
      return sql`${tick.state} = 'requested'`;
    case "skipped":
      return sql`${tick.state} = 'skipped'`;
    default:
      return assertNever(state);
  }
}

/** The newest tick in this state. */
export function latestTick(db: Database, source: Source, state: TickState): TickRow | null {
  return (
    db.orm
      .select()
      .from(tick)
      .where(and(isTickOf(source), isInState(state)))
      .orderBy(desc(tick.no))
      .limit(1)
      .get() ?? null
  );
}

/** When the first of the latest `count` failed ticks ended, as far as they are stored. */
export function failingSince(db: Database, source: Source, count: number): number | null {
  const [row] = db.sql
    .exec<{ at: number }>(
      `SELECT coalesce(finished_at, created_at) AS at FROM tick WHERE no = (SELECT min(no) FROM (
         SELECT no FROM tick WHERE location = ? AND kind = ? AND name = ? AND state = 'failed' ORDER BY no DESC LIMIT ?))`,
      source.location,
      source.kind,
      source.name,
      count,
    )
    .toArray();
  return row?.at ?? null;
}

/** Deletes the oldest ticks beyond the newest `keep`, at most `limit` at a time. */
export function pruneTicks(
  db: Database,
  source: Source,
  input: { readonly state: TickState; readonly keep: number; readonly limit: number },
): void {
  db.sql.exec(
    `DELETE FROM tick WHERE no IN (
       SELECT no FROM tick WHERE location = ?1 AND kind = ?2 AND name = ?3 AND state = ?4 AND no <= (
         SELECT no FROM tick WHERE location = ?1 AND kind = ?2 AND name = ?3 AND state = ?4 ORDER BY no DESC LIMIT 1 OFFSET ?5
       ) ORDER BY no LIMIT ?6)`,
    source.location,
    source.kind,
    source.name,
    input.state,
    input.keep,
    input.limit,
  );
}
