/**
 * Ticks with user code: which agent evaluates one, what happens while there is none, and when one vanishes with it. A tick that has no
 * agent stays open and is looked at again whenever an agent connects or another evaluation ends.
 */
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { SensorEvent } from "@headgate/shared/sensor/sensor-event.ts";
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

/** The agent enforces the time limit itself; this is for agents that do not. */
const TICK_SLACK_MS = 15_000;
const SCHEDULE_TIMEOUT_SECONDS = 60;
export const MAX_TICK_ATTEMPTS = 3;
/** An agent is given no more evaluations at once; the others wait in the table. */
export const MAX_EVALUATIONS = 100;

/** The least busy agent that takes work, preferably one that has the version loaded; null: there is none. */
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

/** Gives the tick to an agent, or lets it wait. */
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

/** Attempts are told apart, so that a late result of an earlier one is never taken for one of this. */
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
    // Of a further attempt: where the checkpoints of the one before have got to.
    cursor: tick.kind === "sensor" ? (readAutomation(tx.db, tick)?.cursor ?? null) : null,
    scheduledFor: tick.scheduledFor,
    timeoutSeconds: timeoutSecondsOf(tx, tick),
    ...(tick.events.length > 0 && { events: eventsOf(tx, tick) }),
  };
}

/** As they came: the row of a tick may only mention them, while the inbox keeps them until it ends. */
function eventsOf(tx: Tx, tick: TickRow): SensorEvent[] {
  return firstEvents(tx.db, tick, tick.events.length).map(({ body }) => body);
}

/** Of an agent that connected again: it may have missed the frame. One that has the tick ignores it. */
export function missedTicks(tx: Tx, agent: string): TickFrame[] {
  return openTicksOfAgent(tx.db, agent).map((tick) => tickFrame(tx, tick));
}
