/**
 * Tables of what starts by itself: schedules, sensors, their ticks, events, webhooks, conditions, backfills. Drizzle's description;
 * `migrations.ts` makes them, and a test compares the two.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AutomationKind, DeliveryState, HookView, TickCause, TickDetail, TickState } from "@headgate/shared/api/automation-views.ts";
import type { BackfillStatus } from "@headgate/shared/api/partition-views.ts";
import type { CauseChain, RunChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { FreshnessState } from "@headgate/shared/domain/health/freshness.ts";
import type { TargetState } from "@headgate/shared/domain/automation/state.ts";
import type { EvaluationNode } from "@headgate/shared/domain/automation/tree.ts";
import type { SensorEvent } from "@headgate/shared/protocol/sensor-event.ts";

type Tags = Readonly<Record<string, string>>;

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
    /** The next or, while one is open, the last planned time. */
    nextAt: integer(),
    /** What a person decided; null: as its definition says. */
    enabled: integer(),
    changedBy: text(),
    changedAt: integer(),
    /** Failed ticks since the last one that did not fail. */
    failures: integer().notNull(),
    /** Of a sensor that waits for all of its assets: the latest event of each since it fired. */
    gathered: text({ mode: "json" }).$type<Readonly<Record<string, GatheredEvent>>>(),
  },
  (table) => [primaryKey({ columns: [table.location, table.kind, table.name] })],
);

export const tick = sqliteTable("tick", {
  /** Grows; pages go by it. */
  no: integer().primaryKey(),
  id: text().notNull(),
  location: text().notNull(),
  kind: text().$type<AutomationKind>().notNull(),
  name: text().notNull(),
  scheduledFor: integer().notNull(),
  cause: text().$type<TickCause>().notNull(),
  state: text().$type<TickState>().notNull(),
  createdAt: integer().notNull(),
  /** Null: it waits for an agent. */
  startedAt: integer(),
  finishedAt: integer(),
  attempt: integer().notNull(),
  agent: text(),
  cursorBefore: text(),
  cursorAfter: text(),
  /** Checkpoints that were stored. */
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
  /** Ticks that failed with it. */
  attempts: integer().notNull(),
  chain: text({ mode: "json" }).$type<CauseChain>(),
});

/** How often a sensor has followed from itself, by what its chain began with; `tick`: the last one that was counted. */
export const selfStart = sqliteTable(
  "self_start",
  { root: text().notNull(), sensor: text().notNull(), count: integer().notNull(), at: integer().notNull(), tick: text() },
  (table) => [primaryKey({ columns: [table.root, table.sensor] })],
);

// ------------------------------------------------------------------ webhooks
export const hook = sqliteTable("hook", {
  id: text().primaryKey(),
  location: text().notNull(),
  sensor: text().notNull(),
  enabled: integer().notNull(),
  refused: integer().notNull(),
  lastRefusedAt: integer(),
  /** The latest of them, newest first. */
  refusals: text({ mode: "json" }).$type<HookView["refusals"]>().notNull(),
  /** Of the deliveries that are kept. */
  storedBytes: integer().notNull(),
});

export const hookSecret = sqliteTable("hook_secret", {
  id: text().primaryKey(),
  hook: text().notNull(),
  secret: text().notNull(),
  createdAt: integer().notNull(),
  createdBy: text().notNull(),
  lastUsedAt: integer(),
});

export const delivery = sqliteTable("delivery", {
  no: integer().primaryKey(),
  id: text().notNull(),
  hook: text().notNull(),
  senderId: text(),
  at: integer().notNull(),
  state: text().$type<DeliveryState>().notNull(),
  bytes: integer().notNull(),
  received: integer().notNull(),
  tick: text(),
  runs: text({ mode: "json" }).$type<readonly string[]>().notNull(),
  message: text(),
  method: text().notNull(),
  headers: text({ mode: "json" }).$type<Tags>().notNull(),
  query: text({ mode: "json" }).$type<Tags>().notNull(),
  body: text().notNull(),
});

// ------------------------------------------------------------------ conditions and freshness
export const conditionState = sqliteTable("condition_state", {
  target: text().primaryKey(),
  state: text({ mode: "json" }).$type<TargetState>().notNull(),
  /** When the clock alone may change it. */
  wakeAt: integer(),
  requestedAt: integer(),
  /** Identifies the condition and what it belongs to; another one is evaluated when its version becomes active. */
  definition: text().notNull(),
  /** The sensors that led to what changed since it requested something. */
  chain: text({ mode: "json" }).$type<CauseChain>(),
});

/** What changed since the last evaluation. */
export const conditionChange = sqliteTable("condition_change", {
  target: text().primaryKey(),
  cause: text().notNull(),
  at: integer().notNull(),
  chain: text({ mode: "json" }).$type<CauseChain>(),
});

export const conditionEvaluation = sqliteTable("condition_evaluation", {
  no: integer().primaryKey(),
  id: text().notNull(),
  target: text().notNull(),
  at: integer().notNull(),
  requested: integer().notNull(),
  partitions: text({ mode: "json" }).$type<readonly string[]>(),
  runs: text({ mode: "json" }).$type<readonly string[]>().notNull(),
  backfill: text(),
  cause: text().notNull(),
  error: text(),
  tree: text({ mode: "json" }).$type<EvaluationNode>(),
});

export const pause = sqliteTable("pause", {
  scope: text().primaryKey(),
  by: text().notNull(),
  at: integer().notNull(),
  reason: text(),
  until: integer(),
});

/** Reports from outside that were stored already, by the id that the reporter gave. */
export const reportRequest = sqliteTable("report_request", { id: text().primaryKey(), gseq: integer().notNull(), at: integer().notNull() });

export const freshnessState = sqliteTable("freshness_state", {
  asset: text().primaryKey(),
  state: text().$type<FreshnessState>().notNull(),
  since: integer().notNull(),
  changesAt: integer(),
});

// ------------------------------------------------------------------ partitions and backfills
export const dynamicKey = sqliteTable(
  "dynamic_key",
  { name: text().notNull(), key: text().notNull(), no: integer().notNull(), addedAt: integer().notNull(), addedBy: text().notNull() },
  (table) => [primaryKey({ columns: [table.name, table.key] })],
);

export const backfill = sqliteTable("backfill", {
  no: integer().primaryKey(),
  id: text().notNull(),
  title: text().notNull(),
  status: text().$type<BackfillStatus>().notNull(),
  selection: text().notNull(),
  /** In words. */
  partitions: text().notNull(),
  assetCount: integer().notNull(),
  runsTotal: integer().notNull(),
  /** Slices of the plan by how they ended, as ranges `[from, to, from, to...]`, ends not included. */
  succeeded: text({ mode: "json" }).$type<readonly number[]>().notNull(),
  failed: text({ mode: "json" }).$type<readonly number[]>().notNull(),
  canceled: text({ mode: "json" }).$type<readonly number[]>().notNull(),
  blocked: integer().notNull(),
  /** Slices that go on, each with the run that was made for it first. */
  active: text({ mode: "json" }).$type<readonly (readonly [slice: number, runNo: number])[]>().notNull(),
  /** Why slices failed of which no run could be made. */
  refused: text({ mode: "json" }).$type<readonly { readonly message: string; readonly slices: readonly number[] }[]>().notNull(),
  maxActive: integer().notNull(),
  priority: integer().notNull(),
  tags: text({ mode: "json" }).$type<Tags>().notNull(),
  config: text(),
  createdAt: integer().notNull(),
  createdBy: text().notNull(),
  endedAt: integer(),
  error: text(),
  requestId: text(),
  /** The sensors that led to the condition that asked for it. */
  chain: text({ mode: "json" }).$type<RunChain>(),
});

/** The plan as it was made, some hundred slices a row: 10,000 partitions are some dozen rows. */
export const backfillPlan = sqliteTable(
  "backfill_plan",
  { backfillNo: integer().notNull(), chunk: integer().notNull(), body: text().notNull() },
  (table) => [primaryKey({ columns: [table.backfillNo, table.chunk] })],
);
