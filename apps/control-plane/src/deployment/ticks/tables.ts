/**
 * The Drizzle schema of the tables of schedules and sensors (state, ticks, run keys, inbox), for row types and typed queries. `migrations.ts`
 * creates the tables, and a test compares the two.
 * Times are milliseconds, booleans 0 and 1, `*_no` refers to a run's small number instead of its long id.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AutomationKind, TickCause, TickDetail, TickState } from "@headgate/shared/contract/automations/automation-views.ts";
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";

export interface GatheredEvent {
  readonly event: Extract<SensorEvent, { type: "asset" }>;
  readonly chain: CauseChain | null;
}

/** A row for every schedule and sensor that was ever published; its definition is in the active version. */
export const automation = sqliteTable(
  "automation",
  {
    location: text().notNull(),
    kind: text().$type<AutomationKind>().notNull(),
    name: text().notNull(),
    cursor: text(),
    /** Identifies the definition that the timer was made for. */
    definition: text().notNull(),
    /** The time of the next tick; while a tick is open, the last planned time. */
    nextAt: integer(),
    /** A person's choice: 0 off, 1 on, 2 on although the code location is off; null means none. See `domain/automation/starts-on.ts`. */
    enabled: integer(),
    changedBy: text(),
    changedAt: integer(),
    /** Failed ticks since the last one that did not fail. */
    failures: integer().notNull(),
    /** For a sensor that waits for all of its assets: the latest event of each asset since it last fired. */
    gathered: text({ mode: "json" }).$type<Readonly<Record<string, GatheredEvent>>>(),
  },
  (table) => [primaryKey({ columns: [table.location, table.kind, table.name] })],
);

export const tick = sqliteTable("tick", {
  /** Ascending; used as the page cursor. */
  no: integer().primaryKey(),
  id: text().notNull(),
  location: text().notNull(),
  kind: text().$type<AutomationKind>().notNull(),
  name: text().notNull(),
  scheduledFor: integer().notNull(),
  cause: text().$type<TickCause>().notNull(),
  state: text().$type<TickState>().notNull(),
  createdAt: integer().notNull(),
  /** Null while the tick waits for an agent or a run. */
  startedAt: integer(),
  finishedAt: integer(),
  attempt: integer().notNull(),
  agent: text(),
  cursorBefore: text(),
  cursorAfter: text(),
  /** The number of stored checkpoints. */
  parts: integer().notNull(),
  runs: text({ mode: "json" }).$type<readonly string[]>().notNull(),
  runCount: integer().notNull(),
  message: text(),
  stack: text(),
  logs: text({ mode: "json" }).$type<TickDetail["logs"]>().notNull(),
  deduplicated: text({ mode: "json" }).$type<TickDetail["deduplicated"]>().notNull(),
  dynamicPartitions: text({ mode: "json" }).$type<TickDetail["dynamicPartitions"]>().notNull(),
  events: text({ mode: "json" }).$type<readonly SensorEvent[]>().notNull(),
  dropped: integer().notNull(),
  /** The sensors that led to its events. */
  chain: text({ mode: "json" }).$type<CauseChain>(),
});

export const runKey = sqliteTable(
  "run_key",
  { location: text().notNull(), sensor: text().notNull(), key: text().notNull(), runNo: integer().notNull() },
  (table) => [primaryKey({ columns: [table.location, table.sensor, table.key] })],
);

/** Events that wait for a sensor's next tick. */
export const sensorEvent = sqliteTable("sensor_event", {
  no: integer().primaryKey(),
  location: text().notNull(),
  sensor: text().notNull(),
  body: text({ mode: "json" }).$type<SensorEvent>().notNull(),
  at: integer().notNull(),
  /** The number of ticks that failed with this event. */
  attempts: integer().notNull(),
  chain: text({ mode: "json" }).$type<CauseChain>(),
});

/** How often a sensor has started itself, by the root of its chain. `tick` is the last counted tick. */
export const selfStart = sqliteTable(
  "self_start",
  { root: text().notNull(), sensor: text().notNull(), count: integer().notNull(), at: integer().notNull(), tick: text() },
  (table) => [primaryKey({ columns: [table.root, table.sensor] })],
);
