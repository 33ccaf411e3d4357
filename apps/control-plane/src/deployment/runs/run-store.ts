/** Stores runs, one row each, with the counters that lists show. */
import { and, asc, desc, eq, getTableColumns, gte, lt, type Placeholder, sql, type SQL } from "drizzle-orm";
import type { RunStatus } from "@headgate/shared/domain/run/status.ts";
import { type NewRun, request, run, type RunRow, stepAsset } from "./tables.ts";
import { type Database, jsonOrNull, prepared } from "../kernel/database.ts";
import { backfillNo } from "@headgate/shared/domain/run/backfill-id.ts";

const NEW_COLUMNS = Object.entries(getTableColumns(run)).filter(([name]) => name !== "no");

export function insertRun(db: Database, given: NewRun): RunRow {
  const values = new Map<string, unknown>(Object.entries(given));
  const row = Object.fromEntries(NEW_COLUMNS.map(([name, column]) => [name, values.get(name) ?? column.defaultFn?.() ?? null]));
  // Encoded here and not by the placeholder of a column, which would store null in a JSON column as the text "null".
  const encoded = Object.fromEntries(
    NEW_COLUMNS.map(([name, column]) => [name, row[name] === null ? null : column.mapToDriverValue(row[name])]),
  );
  const query = prepared(db, "insertRun", (orm) => {
    const placeholders = Object.fromEntries(NEW_COLUMNS.map(([name]) => [name, sql`${sql.placeholder(name)}`]));
    return orm
      .insert(run)
      .values(placeholders as Record<keyof NewRun, SQL>)
      .returning({ no: run.no })
      .prepare();
  });
  return { ...(row as Omit<RunRow, "no">), ...query.get(encoded) };
}

export function readRun(db: Database, id: string): RunRow | null {
  const query = prepared(db, "readRun", (orm) =>
    orm
      .select()
      .from(run)
      .where(eq(run.id, sql.placeholder("id")))
      .prepare(),
  );
  return query.get({ id }) ?? null;
}

export function readRunByNo(db: Database, no: number): RunRow | null {
  const query = prepared(db, "readRunByNo", (orm) =>
    orm
      .select()
      .from(run)
      .where(eq(run.no, sql.placeholder("no")))
      .prepare(),
  );
  return query.get({ no }) ?? null;
}

/** Stores the columns that change while the run executes. */
export function updateRun(db: Database, row: RunRow): void {
  db.sql.exec(
    `UPDATE run SET status = ?, started_at = ?, ended_at = ?, steps_succeeded = ?, steps_failed = ?, steps_skipped = ?, steps_running = ?, steps_canceled = ?,
       materialized = ?, checks_failed = ?, checks_warned = ?, failed_check = ?, error = ?, failure = ?, failed_step = ?, cancel_by = ?, cancel_reason = ?, last_seq = ?, retry_at = ? WHERE no = ?`,
    row.status,
    row.startedAt,
    row.endedAt,
    row.stepsSucceeded,
    row.stepsFailed,
    row.stepsSkipped,
    row.stepsRunning,
    row.stepsCanceled,
    row.materialized,
    row.checksFailed,
    row.checksWarned,
    row.failedCheck,
    row.error,
    jsonOrNull(row.failure),
    row.failedStep,
    row.cancelBy,
    row.cancelReason,
    row.lastSeq,
    row.retryAt,
    row.no,
  );
}

export interface OpenRun {
  readonly no: number;
  readonly id: string;
  readonly status: RunStatus;
  readonly priority: number;
  readonly tags: Readonly<Record<string, string>>;
}

const OPEN_RUN = "SELECT no, id, status, priority, tags FROM run";

/** Runs that have started and not ended. */
export function activeRuns(db: Database): OpenRun[] {
  return openRuns(db, `${OPEN_RUN} WHERE status IN ('starting', 'running', 'canceling')`);
}

/** Queued runs, most urgent first, in pages. The index is named because the planner would sort instead. */
export function queuedRuns(
  db: Database,
  page: { readonly after: Pick<OpenRun, "priority" | "no"> | null; readonly limit: number },
): OpenRun[] {
  const { after, limit } = page;
  const queued = `${OPEN_RUN} INDEXED BY run_open WHERE status IN ('queued', 'starting', 'running', 'canceling') AND status = 'queued'`;
  if (after === null) return openRuns(db, `${queued} ORDER BY priority DESC, no LIMIT ?`, limit);
  return openRuns(
    db,
    `${queued} AND priority <= ?1 AND (priority < ?1 OR no > ?2) ORDER BY priority DESC, no LIMIT ?3`,
    after.priority,
    after.no,
    limit,
  );
}

export function countQueuedRuns(db: Database): number {
  return db.sql.exec<{ count: number }>("SELECT count(*) AS count FROM run WHERE status = 'queued'").one().count;
}

function openRuns(db: Database, statement: string, ...values: number[]): OpenRun[] {
  return db.sql
    .exec<{ no: number; id: string; status: RunStatus; priority: number; tags: string }>(statement, ...values)
    .toArray()
    .map((row) => ({ ...row, tags: JSON.parse(row.tags) as OpenRun["tags"] }));
}

export function queuedRunNos(db: Database, limit: number): number[] {
  return db.sql
    .exec<{ no: number }>("SELECT no FROM run WHERE status = 'queued' ORDER BY no LIMIT ?", limit)
    .toArray()
    .map((row) => row.no);
}

export interface RunListQuery {
  readonly statuses?: readonly RunStatus[] | undefined;
  /** `failed`: also runs that ended well and whose checks failed; `succeeded`: without them. */
  readonly outcome?: "failed" | "succeeded" | undefined;
  readonly job?: string | undefined;
  readonly asset?: string | undefined;
  readonly text?: string | undefined;
  /** The id of the schedule or sensor that requested the run. */
  readonly source?: string | undefined;
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
  /** The id of a backfill. */
  readonly backfill?: string | undefined;
  /** Runs with a smaller number. */
  readonly before: number | null;
  readonly limit: number;
}

/** Newest first. Several statuses need one statement each, because a single statement would read and sort all runs. */
export function listRuns(db: Database, query: RunListQuery): RunRow[] {
  const statuses = [...new Set(query.statuses)];
  if (query.outcome === "failed")
    return newestOf(query, [
      listSome(db, { ...query, statuses: ["failed"] }),
      listSome(db, { ...query, statuses: undefined }, "someFailed"),
    ]);
  if (query.outcome === "succeeded") return listSome(db, { ...query, statuses: ["succeeded"] }, "noneFailed");
  if (statuses.length < 2) return listSome(db, query);
  return newestOf(
    query,
    statuses.map((status) => listSome(db, { ...query, statuses: [status] })),
  );
}

const CHECKS = {
  // The planner uses the index only for the same words.
  someFailed: sql`${run.status} = 'succeeded' AND ${run.checksFailed} > 0`,
  noneFailed: eq(run.checksFailed, 0),
} as const;

function newestOf(query: RunListQuery, lists: readonly (readonly RunRow[])[]): RunRow[] {
  return lists
    .flat()
    .sort((a, b) => b.no - a.no)
    .slice(0, query.limit);
}

/** Built once for each set of given filters, because building the query takes far longer than running it. */
function listSome(db: Database, query: RunListQuery, checks?: keyof typeof CHECKS): RunRow[] {
  const [status] = query.statuses ?? [];
  if (query.statuses !== undefined && status === undefined) return [];
  const text = query.text === "" ? undefined : query.text?.toLowerCase();
  const given = {
    before: query.before ?? undefined,
    status,
    job: query.job,
    createdAfter: query.createdAfter,
    createdBefore: query.createdBefore,
    source: query.source,
    backfill: query.backfill === undefined ? undefined : (backfillNo(query.backfill) ?? 0),
    asset: query.asset,
    text,
  };
  const names = RUN_FILTERS.filter((name) => given[name] !== undefined);
  const made = prepared(db, `listRuns ${checks ?? ""} ${names.join(" ")}`, (orm) =>
    orm
      .select()
      .from(run)
      .where(and(checks && CHECKS[checks], ...names.map((name) => CONDITIONS[name](sql.placeholder(name)))))
      .orderBy(desc(run.no))
      .limit(sql.placeholder("limit"))
      .prepare(),
  );
  return made.all({ ...given, limit: query.limit });
}

type RunFilter = "before" | "status" | "job" | "createdAfter" | "createdBefore" | "source" | "backfill" | "asset" | "text";
const CONDITIONS: Readonly<Record<RunFilter, (value: Placeholder) => SQL>> = {
  before: (value) => lt(run.no, value),
  status: (value) => eq(run.status, value),
  job: (value) => eq(run.job, value),
  createdAfter: (value) => gte(run.createdAt, value),
  createdBefore: (value) => lt(run.createdAt, value),
  source: (value) => eq(run.source, value),
  backfill: (value) => eq(run.backfillNo, value),
  asset: (value) => sql`${run.no} IN (SELECT ${stepAsset.runNo} FROM ${stepAsset} WHERE ${eq(stepAsset.asset, value)})`,
  // instr has no pattern characters to escape and, unlike LIKE, no limit on the pattern's length.
  text: (value) =>
    sql`instr(lower(${run.id} || ' ' || coalesce(${run.job}, '') || ' ' || ${run.selection} || ' ' || ${run.tags}), ${value}) > 0`,
};
const RUN_FILTERS = Object.keys(CONDITIONS) as readonly RunFilter[];

export function childrenOf(db: Database, id: string): { readonly id: string; readonly status: RunStatus; readonly createdAt: number }[] {
  return db.orm
    .select({ id: run.id, status: run.status, createdAt: run.createdAt })
    .from(run)
    .where(eq(run.parent, id))
    .orderBy(asc(run.no))
    .limit(200)
    .all();
}

export function runNoOfRequest(db: Database, id: string): number | null {
  return db.orm.select({ no: request.runNo }).from(request).where(eq(request.id, id)).get()?.no ?? null;
}

/** A request is not repeated after so long. */
const FORGET_REQUESTS_AFTER_MS = 7 * 86_400_000;

export function insertRequest(db: Database, row: { readonly id: string; readonly runNo: number; readonly at: number }): void {
  db.orm.insert(request).values(row).run();
  db.orm
    .delete(request)
    .where(lt(request.at, row.at - FORGET_REQUESTS_AFTER_MS))
    .run();
}

/** Stored runs of a schedule or sensor that have not ended. Changes of the current transaction are not in the tables yet. */
export function openRunsOfSource(db: Database, source: string): number[] {
  return db.sql
    .exec<{ no: number }>(
      "SELECT no FROM run WHERE source = ? AND status IN ('queued', 'starting', 'running', 'canceling') ORDER BY no",
      source,
    )
    .toArray()
    .map((row) => row.no);
}
