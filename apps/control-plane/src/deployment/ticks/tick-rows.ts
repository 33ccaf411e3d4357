/** Makes, stores and ends ticks, and states the facts that dashboards need. */
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import type { TickCause } from "@headgate/shared/contract/automations/automation-views.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import { countTickFailure, type Source } from "./automation-store.ts";
import { insertTick, pruneTicks, type TickRow, updateTick } from "./tick-store.ts";
import { clearTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { keptEvents, lastLogs, listedChanges, listedRunKeys } from "./tick-bounds.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

/** The most runs listed in the row; `runCount` counts all. */
export const MAX_LISTED_RUNS = 100;
const MAX_MESSAGE = 20_000;
const MAX_STACK = 50_000;
const KEPT = { failed: 2_000, requested: 2_000, skipped: 500 } as const;
/** This share of ticks deletes old ticks, at most `PRUNE_LIMIT` each. */
const PRUNE_SHARE = 1 / 16;
const PRUNE_LIMIT = 100;

export interface NewTick {
  readonly source: Source;
  readonly cause: TickCause;
  readonly scheduledFor: number;
  readonly cursor?: string | null;
  readonly events?: readonly SensorEvent[];
  readonly dropped?: number;
  /** The sensors that led to the events. */
  readonly chain?: CauseChain | null;
}

/** A tick that is not stored yet and waits. */
export function newTick(tx: Tx, tick: NewTick): TickRow {
  return {
    no: 0,
    id: tx.newId("tick"),
    location: tick.source.location,
    kind: tick.source.kind,
    name: tick.source.name,
    scheduledFor: tick.scheduledFor,
    cause: tick.cause,
    state: "open",
    createdAt: tx.now,
    startedAt: null,
    finishedAt: null,
    attempt: 1,
    agent: null,
    cursorBefore: tick.cursor ?? null,
    cursorAfter: null,
    parts: 0,
    runs: [],
    runCount: 0,
    message: null,
    stack: null,
    logs: [],
    deduplicated: [],
    dynamicPartitions: [],
    events: tick.events ?? [],
    dropped: tick.dropped ?? 0,
    chain: tick.chain ?? null,
  };
}

export function causeOf(events: readonly SensorEvent[]): "event" | "webhook" {
  return events.some(({ type }) => type === "webhook") ? "webhook" : "event";
}

/** Inserts or updates; returns the row with its number. */
export function storeTick(tx: Tx, row: TickRow): TickRow {
  const bounded: TickRow = {
    ...row,
    runs: row.runs.slice(0, MAX_LISTED_RUNS),
    message: row.message === null ? null : shortened(row.message, MAX_MESSAGE),
    stack: row.stack?.slice(0, MAX_STACK) ?? null,
    logs: lastLogs(row.logs),
    deduplicated: listedRunKeys(row.deduplicated),
    dynamicPartitions: listedChanges(row.dynamicPartitions),
    events: row.no === 0 ? keptEvents(row) : row.events,
  };
  let { no } = bounded;
  if (no === 0) no = insertTick(tx.db, bounded);
  else updateTick(tx.db, bounded);
  tx.fact({ type: "tick_changed", tick: no });
  tx.fact({ type: "automation_changed", automation: automationId(row) });
  return { ...bounded, no };
}

export type TickEnd = { readonly state: "requested" | "skipped" | "failed" } & Partial<
  Pick<TickRow, "message" | "stack" | "runs" | "runCount" | "logs" | "cursorAfter" | "deduplicated" | "dynamicPartitions">
>;

/** Ends a tick and stores it. */
export function endTick(tx: Tx, tick: TickRow, end: TickEnd): TickRow {
  if (tick.no !== 0) clearTimer(tx.db, "tick_timeout", tick.id);
  // A tick without an evaluation was decided just now.
  const startedAt = tick.startedAt ?? tx.now;
  const row = storeTick(tx, { ...tick, message: null, ...end, startedAt, finishedAt: tx.now });
  // A tick that was skipped before its evaluation says nothing about whether the next one will work.
  if (end.state !== "skipped" || tick.agent !== null) countTickFailure(tx.db, tick, end.state === "failed");
  if (tx.random() < PRUNE_SHARE) pruneTicks(tx.db, tick, { state: end.state, keep: KEPT[end.state], limit: PRUNE_LIMIT });
  return row;
}
