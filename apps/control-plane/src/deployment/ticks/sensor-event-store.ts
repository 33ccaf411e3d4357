/** Stores the inbox of sensors: events that wait for a tick. */
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { and, asc, eq, sql } from "drizzle-orm";
import { sensorEvent } from "./tables.ts";
import { type Database, jsonOrNull, prepared } from "../kernel/database.ts";

export interface SensorRef {
  readonly location: string;
  readonly name: string;
}
export type SensorEventRow = typeof sensorEvent.$inferSelect;

/** Returns the event's number. */
export function insertSensorEvent(db: Database, sensor: SensorRef, event: Pick<SensorEventRow, "body" | "at" | "chain">): number {
  return db.sql
    .exec<{ no: number }>(
      "INSERT INTO sensor_event (location, sensor, body, at, attempts, chain) VALUES (?, ?, ?, ?, 0, ?) RETURNING no",
      sensor.location,
      sensor.name,
      JSON.stringify(event.body),
      event.at,
      jsonOrNull(event.chain),
    )
    .one().no;
}

/** Oldest first. */
export function firstEvents(db: Database, sensor: SensorRef, limit: number): SensorEventRow[] {
  const query = prepared(db, "firstEvents", (orm) =>
    orm
      .select()
      .from(sensorEvent)
      .where(and(eq(sensorEvent.location, sql.placeholder("location")), eq(sensorEvent.sensor, sql.placeholder("sensor"))))
      .orderBy(asc(sensorEvent.no))
      .limit(sql.placeholder("limit"))
      .prepare(),
  );
  return query.all({ location: sensor.location, sensor: sensor.name, limit });
}

export function hasEvents(db: Database, sensor: SensorRef): boolean {
  return (
    db.sql.exec("SELECT 1 FROM sensor_event WHERE location = ? AND sensor = ? LIMIT 1", sensor.location, sensor.name).toArray().length > 0
  );
}

export function deleteEvents(db: Database, numbers: readonly number[]): void {
  db.sql.exec("DELETE FROM sensor_event WHERE no IN (SELECT value FROM json_each(?))", JSON.stringify(numbers));
}

/** Adds one failed tick to each event. */
export function countFailure(db: Database, numbers: readonly number[]): void {
  db.sql.exec("UPDATE sensor_event SET attempts = attempts + 1 WHERE no IN (SELECT value FROM json_each(?))", JSON.stringify(numbers));
}

/** The sizes of the first events, without their bodies: a delivery may have a megabyte. */
export function firstEventSizes(
  db: Database,
  sensor: SensorRef,
  limit: number,
): { readonly attempts: number; readonly bytes: number; readonly chain: CauseChain | null }[] {
  return db.sql
    .exec<{ attempts: number; bytes: number; chain: string | null }>(
      "SELECT attempts, octet_length(body) AS bytes, chain FROM sensor_event WHERE location = ? AND sensor = ? ORDER BY no LIMIT ?",
      sensor.location,
      sensor.name,
      limit,
    )
    .toArray()
    .map((row) => ({ ...row, chain: row.chain === null ? null : (JSON.parse(row.chain) as CauseChain) }));
}

/** An event without its body. `delivery` is the id of a webhook's delivery. */
export type EventMention = {
  readonly no: number;
  readonly location: string;
  readonly sensor: string;
  readonly at: number;
  readonly delivery: string | null;
};
const MENTION = "no, location, sensor, at, body ->> 'delivery' AS delivery";

/** Oldest first, without the first `skip`. */
export function mentionEvents(db: Database, sensor: SensorRef, page: { readonly skip: number; readonly limit: number }): EventMention[] {
  return db.sql
    .exec<EventMention>(
      `SELECT ${MENTION} FROM sensor_event WHERE location = ? AND sensor = ? ORDER BY no LIMIT ? OFFSET ?`,
      sensor.location,
      sensor.name,
      page.limit,
      page.skip,
    )
    .toArray();
}

/** The oldest events beyond the newest `keep` of all sensors together. */
export function eventsBeyond(db: Database, { keep, limit }: { readonly keep: number; readonly limit: number }): EventMention[] {
  return db.sql
    .exec<EventMention>(
      `SELECT ${MENTION} FROM sensor_event WHERE no <= (SELECT no FROM sensor_event ORDER BY no DESC LIMIT 1 OFFSET ?) ORDER BY no LIMIT ?`,
      keep,
      limit,
    )
    .toArray();
}
