/** Reads the data of a list of schedules and sensors, with the same number of statements for a page as for one. */
import { inArray, sql } from "drizzle-orm";
import type { TickState } from "@headgate/shared/contract/automations/automation-views.ts";
import { automation, tick } from "./tables.ts";
import type { AutomationRow, Source } from "./automation-store.ts";
import type { Database } from "../kernel/database.ts";
import type { TickRow } from "./tick-store.ts";

/** Values by the index of the source in the list. */
type ByPlace<T> = ReadonlyMap<number, T>;

/** `given.key` is the index of a source in the list. */
const GIVEN = `(SELECT key, value ->> 0 AS location, value ->> 1 AS kind, value ->> 2 AS name FROM json_each(?1)) AS given`;
const SAME = "tick.location = given.location AND tick.kind = given.kind AND tick.name = given.name";

function listed(sources: readonly Source[]): string {
  return JSON.stringify(sources.map(({ location, kind, name }) => [location, kind, name]));
}

export function readAutomationsOf(db: Database, sources: readonly Source[]): AutomationRow[] {
  const keys = sql`(SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${listed(sources)}))`;
  return db.orm
    .select()
    .from(automation)
    .where(sql`(${automation.location}, ${automation.kind}, ${automation.name}) IN ${keys}`)
    .all();
}

export type RecentTick = {
  readonly no: number;
  readonly id: string;
  readonly state: TickState;
  readonly scheduledFor: number;
  readonly startedAt: number | null;
};

/** The newest ticks of each source, newest first. */
export function recentTicksOf(db: Database, sources: readonly Source[], limit: number): ByPlace<readonly RecentTick[]> {
  const rows = db.sql
    .exec<RecentTick & { place: number }>(
      `SELECT given.key AS place, no, id, state, scheduled_for AS scheduledFor, started_at AS startedAt FROM ${GIVEN} CROSS JOIN tick
       WHERE tick.no IN (SELECT no FROM tick WHERE ${SAME} ORDER BY no DESC LIMIT ?2) ORDER BY no DESC`,
      listed(sources),
      limit,
    )
    .toArray();
  return Map.groupBy(rows, ({ place }) => place);
}

export type ListedTick = Omit<
  TickRow,
  "cursorBefore" | "cursorAfter" | "parts" | "stack" | "logs" | "deduplicated" | "dynamicPartitions" | "events" | "dropped" | "chain"
>;

/** Ticks by number, without the columns that only the page of a tick shows. */
export function listedTicks(db: Database, numbers: readonly number[]): ReadonlyMap<number, ListedTick> {
  const rows = db.orm
    .select({
      no: tick.no,
      id: tick.id,
      location: tick.location,
      kind: tick.kind,
      name: tick.name,
      scheduledFor: tick.scheduledFor,
      cause: tick.cause,
      state: tick.state,
      createdAt: tick.createdAt,
      startedAt: tick.startedAt,
      finishedAt: tick.finishedAt,
      attempt: tick.attempt,
      agent: tick.agent,
      runs: tick.runs,
      runCount: tick.runCount,
      message: tick.message,
    })
    .from(tick)
    .where(inArray(tick.no, sql`(SELECT value FROM json_each(${JSON.stringify(numbers)}))`))
    .all();
  return new Map(rows.map((row) => [row.no, row]));
}

export interface OpenTicks {
  readonly open: number;
  /** Ticks that no agent evaluates. */
  readonly waiting: number;
  /** The message of the first waiting tick. */
  readonly message: string | null;
  /** The number of events of the tick that is being evaluated. */
  readonly evaluatedEvents: number;
}

export function openTicksByPlace(db: Database, sources: readonly Source[]): ByPlace<OpenTicks> {
  const rows = db.sql
    .exec<{ place: number; open: number; waiting: number; message: string | null; evaluatedEvents: number }>(
      `SELECT place, open, waiting, evaluatedEvents, (SELECT message FROM tick WHERE no = firstWaiting) AS message FROM (
         SELECT given.key AS place, count(*) AS open, sum(started_at IS NULL) AS waiting, min(iif(started_at IS NULL, no, NULL)) AS firstWaiting,
           coalesce(max(iif(started_at IS NULL, NULL, json_array_length(events))), 0) AS evaluatedEvents
         FROM ${GIVEN} CROSS JOIN tick WHERE ${SAME} AND state = 'open' GROUP BY given.key)`,
      listed(sources),
    )
    .toArray();
  return new Map(rows.map(({ place, ...row }) => [place, row]));
}

/** How many events wait for each sensor. */
export function pendingEvents(db: Database, sources: readonly Source[]): ByPlace<number> {
  const rows = db.sql
    .exec<{ place: number; count: number }>(
      `SELECT given.key AS place, (SELECT count(*) FROM sensor_event WHERE location = given.location AND sensor = given.name) AS count
       FROM ${GIVEN} WHERE given.kind = 'sensor'`,
      listed(sources),
    )
    .toArray();
  return new Map(rows.map(({ place, count }) => [place, count]));
}
