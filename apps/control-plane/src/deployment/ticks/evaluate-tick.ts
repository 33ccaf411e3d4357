/**
 * Evaluates ticks with user code on an agent. A tick without an agent stays open; it is tried again when an agent connects or another tick
 * ends.
 */
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import { catalogOf } from "../catalog/catalog.ts";
import type { AgentRow } from "../agents/tables.ts";
import { readAutomation } from "./automation-store.ts";
import { firstEvents } from "./sensor-event-store.ts";
import { evaluationCounts, openTicksOfAgent, type TickRow } from "./tick-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { scheduleOf, sensorOf } from "./automation-source.ts";
import { storeTick } from "./tick-rows.ts";
import { type AvailableAgent, availableAgents } from "../agents/liveness.ts";

/** The agent enforces the time limit. The control plane waits this much longer before it enforces the limit itself. */
const TICK_SLACK_MS = 15_000;
const SCHEDULE_TIMEOUT_SECONDS = 60;
export const MAX_TICK_ATTEMPTS = 3;
/** The most ticks that an agent evaluates at once; further ticks wait in the table. */
export const MAX_EVALUATIONS = 100;

/** The available agent with the fewest ticks, preferably one that has loaded the version; null if there is none. */
export function evaluatorOf(tx: Tx, location: string): AvailableAgent | null {
  const version = catalogOf(tx).versionOf.get(location)?.id;
  const counts = evaluationCounts(tx.db);
  const load = (agent: AgentRow) => counts.get(agent.instance) ?? 0;
  const isReady = (agent: AgentRow) => agent.locations.some((entry) => entry.version === version && entry.state === "ready");
  let best: AvailableAgent | null = null;
  for (const { agent, socket } of availableAgents(tx)) {
    if (load(agent) >= MAX_EVALUATIONS) continue;
    if (best && (Number(isReady(agent)) - Number(isReady(best.agent)) || load(best.agent) - load(agent)) <= 0) continue;
    best = { agent, socket };
  }
  return best;
}

/** Gives the tick to an agent or lets it wait. */
export function evaluateTick(tx: Tx, tick: TickRow): TickRow {
  const evaluator = evaluatorOf(tx, tick.location);
  const waits = tick.no !== 0 && tick.startedAt === null && tick.message === null;
  if (!evaluator) return waits ? tick : storeTick(tx, { ...tick, startedAt: null, agent: null, message: null });
  const row = storeTick(tx, { ...tick, startedAt: tx.now, agent: evaluator.agent.instance, message: null });
  const frame = tickFrame(tx, row);
  setTimer(tx.db, { kind: "tick_timeout", id: row.id, at: Math.min(deadlineOf(tx, row), tx.now + LEASE_MS) });
  tx.effects.push({ type: "timers_changed" }, { type: "send", socket: evaluator.socket, frame });
  return row;
}

/** The id contains the attempt, so that a late result of an earlier attempt is not taken for one of this attempt. */
export function frameIdOf(tick: Pick<TickRow, "id" | "attempt">): string {
  return tick.attempt === 1 ? tick.id : `${tick.id}.${tick.attempt}`;
}

export function parseFrameId(id: string): { readonly tick: string; readonly attempt: number } {
  const [tick = "", attempt = "1"] = id.split(".");
  return { tick, attempt: Number(attempt) };
}

export function timeoutSecondsOf(tx: Tx, tick: TickRow): number {
  const catalog = catalogOf(tx);
  return tick.kind === "schedule"
    ? (scheduleOf(catalog, tick)?.timeoutSeconds ?? SCHEDULE_TIMEOUT_SECONDS)
    : (sensorOf(catalog, tick)?.timeoutSeconds ?? SCHEDULE_TIMEOUT_SECONDS);
}

export function deadlineOf(tx: Tx, tick: TickRow): number {
  return (tick.startedAt ?? tx.now) + timeoutSecondsOf(tx, tick) * 1000 + TICK_SLACK_MS;
}

function tickFrame(tx: Tx, tick: TickRow): TickFrame {
  return {
    t: "tick",
    tick: frameIdOf(tick),
    location: tick.location,
    version: catalogOf(tx).versionOf.get(tick.location)?.id ?? "",
    kind: tick.kind,
    name: tick.name,
    // For a further attempt this is the cursor of the last stored checkpoint.
    cursor: tick.kind === "sensor" ? (readAutomation(tx.db, tick)?.cursor ?? null) : null,
    scheduledFor: tick.scheduledFor,
    timeoutSeconds: timeoutSecondsOf(tx, tick),
    ...(tick.events.length > 0 && { events: eventsOf(tx, tick) }),
  };
}

/** Reads full events from the inbox; the tick row may store a shortened copy. */
function eventsOf(tx: Tx, tick: TickRow): SensorEvent[] {
  return firstEvents(tx.db, tick, tick.events.length).map(({ body }) => body);
}

/** The open ticks of an agent that reconnected and may have missed a frame. An agent that has the tick ignores the second frame. */
export function missedTicks(tx: Tx, agent: string): TickFrame[] {
  return openTicksOfAgent(tx.db, agent).map((tick) => tickFrame(tx, tick));
}
