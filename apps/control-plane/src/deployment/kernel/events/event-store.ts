/**
 * Stores the append-only events. The log of a transaction gives each event its deployment-wide number and its time.
 *
 * The time never goes back. If the clock is set back, it stands still until the clock has caught up; otherwise conditions would take a new
 * update for an old one.
 */
import type { EventRow } from "@headgate/shared/contract/runs/run-views.ts";
import type { RunEvent } from "@headgate/shared/domain/run/event.ts";
import { type Database, execBatches } from "../database.ts";
import { readMeta, writeMeta } from "../meta-store.ts";
import { cutPage } from "../page-cursor.ts";
import type { TxStateDefinition } from "../tx-state.ts";
import type { Tx } from "../tx.ts";

export interface NewEvent {
  /** 0 for an event without a run. */
  readonly runNo: number;
  readonly gseq: number;
  readonly seq: number;
  readonly at: number;
  readonly step: string | null;
  readonly attempt: number | null;
  readonly event: RunEvent;
}

/** An event reported from outside, without a run. */
export type ReportedEvent = Extract<RunEvent, { type: "asset_materialized" | "asset_observed" | "check_evaluated" }> & {
  readonly reportedBy?: string | undefined;
};

/** An event without a run. */
export type RunlessEvent = ReportedEvent | Extract<RunEvent, { type: "freshness_changed" }>;

export const LEVELS = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/** The importance of an event, on the scale of log levels. */
function levelOf(event: RunEvent): number {
  switch (event.type) {
    case "log":
    case "engine":
      return LEVELS[event.level];
    case "run_failed":
    case "step_failed":
    case "asset_failed":
      return LEVELS.error;
    case "check_evaluated":
      return event.passed ? LEVELS.info : LEVELS[event.severity];
    case "freshness_changed":
      return event.to === "overdue" ? LEVELS.warn : LEVELS.info;
    case "step_skipped":
    case "asset_skipped":
    case "run_canceled":
    case "run_canceling":
      return LEVELS.warn;
    default:
      return LEVELS.info;
  }
}

/** The highest deployment-wide number ever used, even if its event was deleted. */
export function lastGlobalSeq(db: Database): number {
  return db.sql.exec<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'event'").toArray()[0]?.seq ?? 0;
}

/** The time of the newest event; 0 if there is none. */
function lastEventAt(db: Database): number {
  return db.sql.exec<{ at: number }>("SELECT at FROM event ORDER BY gseq DESC LIMIT 1").toArray()[0]?.at ?? 0;
}

export function appendEvents(db: Database, events: readonly NewEvent[]): void {
  execBatches(
    db,
    `INSERT INTO event (gseq, run_no, seq, at, step, attempt, type, level, body)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8 FROM json_each(?1)`,
    {
      rows: events.map((event) => [
        event.gseq,
        event.runNo,
        event.seq,
        event.at,
        event.step,
        event.attempt,
        event.event.type,
        levelOf(event.event),
        JSON.stringify(event.event),
      ]),
    },
  );
}

const EVALUATED_AT = "evaluated_at";

export interface EventLog {
  /** The deployment-wide number of the next event. */
  next: number;
  /** The time of this transaction's events. */
  readonly at: number;
}

const LOG: TxStateDefinition<{ log: EventLog | null }> = {
  make: () => ({ log: null }),
  save({ log }) {
    const next = log?.next;
    return () => {
      if (log && next !== undefined) log.next = next;
    };
  },
};

/** The log, read from the tables once per transaction. */
export function eventLog(tx: Tx): EventLog {
  const state = tx.state(LOG);
  state.log ??= { next: lastGlobalSeq(tx.db) + 1, at: Math.max(tx.now, lastEventAt(tx.db), Number(readMeta(tx.db, EVALUATED_AT) ?? 0)) };
  return state.log;
}

export function eventTime(tx: Tx): number {
  return eventLog(tx).at;
}

/** Stores the time of an evaluation, so that no later event gets an earlier time. */
export function noteEvaluationTime(tx: Tx): void {
  writeMeta(tx.db, EVALUATED_AT, String(eventTime(tx)));
}

/** Stores an event without a run as an event of run 0, where the deployment-wide number is also the number within the run. Returns it. */
export function appendRunless(tx: Tx, event: RunlessEvent): number {
  const log = eventLog(tx);
  const gseq = log.next++;
  appendEvents(tx.db, [{ runNo: 0, gseq, seq: gseq, at: log.at, step: null, attempt: null, event }]);
  return gseq;
}

/** Says whether the control plane has stored a message about this step since a time that begins like this. */
export function wasNotedSince(
  db: Database,
  note: { readonly runNo: number; readonly step: string; readonly since: number; readonly beginsWith: string },
): boolean {
  const rows = db.sql.exec(
    `SELECT 1 FROM event INDEXED BY event_not_log WHERE run_no = ? AND type = 'engine' AND type <> 'log' AND step = ? AND at > ?
       AND substr(body ->> 'message', 1, ?) = ? LIMIT 1`,
    note.runNo,
    note.step,
    note.since,
    note.beginsWith.length,
    note.beginsWith,
  );
  return rows.toArray().length > 0;
}

export interface EventQuery {
  readonly runNo: number;
  readonly after: number;
  readonly limit: number;
  readonly step?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly minLevel?: keyof typeof LEVELS | undefined;
}

/** Events in order; fewer than `limit` if the bodies are large. `complete`: no matching event follows. */
export function readEvents(db: Database, query: EventQuery): { readonly events: EventRow[]; readonly complete: boolean } {
  const where = ["run_no = ?", "seq > ?"];
  const values: SqlStorageValue[] = [query.runNo, query.after];
  if (query.step !== undefined) {
    where.push("step = ?");
    values.push(query.step);
  }
  if (query.types !== undefined) {
    where.push("type IN (SELECT value FROM json_each(?))");
    values.push(JSON.stringify(query.types));
    if (!query.types.includes("log")) where.push("type <> 'log'");
  }
  if (query.minLevel !== undefined && query.minLevel !== "debug") where.push(`level >= ${LEVELS[query.minLevel]}`);
  // The index without log lines is named, because the planner would prefer to read all events in order, and a run may have 100,000 log lines.
  const index = query.types !== undefined && !query.types.includes("log") ? "INDEXED BY event_not_log" : "";
  const cursor = db.sql.exec<{ seq: number; at: number; step: string | null; attempt: number | null; body: string }>(
    `SELECT seq, at, step, attempt, body FROM event ${index} WHERE ${where.join(" AND ")} ORDER BY seq LIMIT ?`,
    ...values,
    query.limit + 1,
  );
  const { page, more } = cutPage(cursor, { limit: query.limit, sizeOf: ({ body }) => body.length });
  return { events: page.map(({ body, ...row }) => ({ ...row, event: JSON.parse(body) as RunEvent })), complete: !more };
}
