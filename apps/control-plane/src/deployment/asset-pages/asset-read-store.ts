/** Reads the stored states, events and number series of assets and checks. */
import { and, desc, eq, inArray, lt } from "drizzle-orm";
import type { RunEvent } from "@headgate/shared/domain/run/event.ts";
import { assetEvent, checkEvent } from "../assets/tables.ts";
import { event } from "../kernel/tables.ts";
import { run } from "../runs/tables.ts";
import type { Database } from "../kernel/database.ts";

export interface CheckStateRow {
  readonly asset: string;
  readonly name: string;
  readonly gseq: number;
  readonly at: number;
  readonly run: string;
  readonly passed: boolean;
  readonly severity: "warn" | "error";
  readonly description: string | null;
  /** How many results in a row did not pass, and the time of the first of them. */
  readonly failures: number;
  readonly failingSince: number | null;
}

type StoredCheckState = Omit<CheckStateRow, "passed" | "severity"> & { passed: number; severity: string };
const CHECK_STATE =
  "SELECT asset, name, gseq, at, run, passed, severity, description, failures, failing_since AS failingSince FROM check_state";

/** Asset -> the latest result of each of its checks. */
export function checkStates(db: Database, keys: readonly string[]): Map<string, CheckStateRow[]> {
  const rows = db.sql.exec<StoredCheckState>(`${CHECK_STATE} WHERE asset IN (SELECT value FROM json_each(?))`, JSON.stringify(keys));
  return Map.groupBy(rows.toArray().map(checkStateRow), (row) => row.asset);
}

function checkStateRow(row: StoredCheckState): CheckStateRow {
  return { ...row, passed: row.passed === 1, severity: row.severity === "warn" ? "warn" : "error" };
}

/** Newest first. */
export function checksNotPassed(db: Database, limit: number): CheckStateRow[] {
  return db.sql.exec<StoredCheckState>(`${CHECK_STATE} WHERE passed = 0 ORDER BY at DESC LIMIT ?`, limit).toArray().map(checkStateRow);
}

export interface FailedAsset {
  readonly asset: string;
  readonly at: number;
  readonly run: string;
  readonly message: string;
  /** Attempts that failed since the last materialization, and the time of the first of them. */
  readonly failures: number;
  readonly failingSince: number;
}

/** Newest first. */
export function failedAssets(db: Database, limit: number): FailedAsset[] {
  return db.sql
    .exec<{ [K in keyof FailedAsset]: FailedAsset[K] }>(
      `SELECT asset, failed_at AS at, failed_run AS run, failed_message AS message, failures, coalesce(failing_since, failed_at) AS failingSince
       FROM asset_state WHERE failed_at IS NOT NULL ORDER BY failed_at DESC LIMIT ?`,
      limit,
    )
    .toArray();
}

export interface StoredEvent {
  readonly gseq: number;
  readonly at: number;
  /** Null, like `step`, if `reportedBy` reported the event from outside. */
  readonly run: string | null;
  readonly step: string | null;
  readonly reportedBy: string | null;
  readonly event: RunEvent;
}

const eventColumns = { gseq: event.gseq, at: event.at, run: run.id, step: event.step, body: event.body };

function storedEvent(row: { gseq: number; at: number; run: string | null; step: string | null; body: string }): StoredEvent {
  const event = JSON.parse(row.body) as RunEvent & { readonly reportedBy?: string };
  return { gseq: row.gseq, at: row.at, run: row.run, step: row.step, reportedBy: event.reportedBy ?? null, event };
}

export function eventsBySeq(db: Database, gseqs: readonly number[]): StoredEvent[] {
  const found: StoredEvent[] = [];
  for (let start = 0; start < gseqs.length; start += 90) {
    const part = gseqs.slice(start, start + 90);
    found.push(
      ...db.orm
        .select(eventColumns)
        .from(event)
        .leftJoin(run, eq(run.no, event.runNo))
        .where(inArray(event.gseq, part))
        .all()
        .map(storedEvent),
    );
  }
  return found;
}

export interface AssetEventQuery {
  readonly asset: string;
  readonly types: readonly string[] | undefined;
  readonly partition: string | undefined;
  /** Events with a smaller number. */
  readonly before: number | null;
  readonly limit: number;
}

/** Newest first. */
export function assetEventRows(
  db: Database,
  query: AssetEventQuery,
): { readonly stored: StoredEvent; readonly partition: string | null }[] {
  return db.orm
    .select({ ...eventColumns, partition: assetEvent.partition })
    .from(assetEvent)
    .innerJoin(event, eq(event.gseq, assetEvent.gseq))
    .leftJoin(run, eq(run.no, event.runNo))
    .where(
      and(
        eq(assetEvent.asset, query.asset),
        query.before === null ? undefined : lt(assetEvent.gseq, query.before),
        query.types === undefined ? undefined : inArray(assetEvent.type, [...new Set(query.types)]),
        query.partition === undefined ? undefined : eq(assetEvent.partition, query.partition),
      ),
    )
    .orderBy(desc(assetEvent.gseq))
    .limit(query.limit)
    .all()
    .map((row) => ({ stored: storedEvent(row), partition: row.partition }));
}

/** Newest first. */
export function checkEventRows(
  db: Database,
  query: { readonly asset: string; readonly name: string; readonly before: number | null; readonly limit: number },
): StoredEvent[] {
  return db.orm
    .select(eventColumns)
    .from(checkEvent)
    .innerJoin(event, eq(event.gseq, checkEvent.gseq))
    .leftJoin(run, eq(run.no, event.runNo))
    .where(
      and(
        eq(checkEvent.asset, query.asset),
        eq(checkEvent.name, query.name),
        query.before === null ? undefined : lt(checkEvent.gseq, query.before),
      ),
    )
    .orderBy(desc(checkEvent.gseq))
    .limit(query.limit)
    .all()
    .map(storedEvent);
}

export interface StoredPoint {
  readonly name: string;
  readonly at: number;
  readonly value: number;
  readonly run: string;
  readonly partition: string | null;
}

/** The latest points of each number series of an asset, oldest first. */
export function seriesOf(db: Database, asset: string, limit: number): StoredPoint[] {
  return db.sql
    .exec<{ name: string; at: number; value: number; run: string; partition: string | null }>(
      `SELECT name, at, value, run, partition FROM
         (SELECT name, at, value, run, partition, gseq, row_number() OVER (PARTITION BY name ORDER BY gseq DESC) AS place FROM series WHERE asset = ?)
       WHERE place <= ? ORDER BY name, gseq`,
      asset,
      limit,
    )
    .toArray();
}
