/** Starts the ticks of sensors with a user function: when their interval has passed or events wait. A sensor has one open tick at a time. */
import { longestChain, timesThrough } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import { MAX_TICK_EVENTS } from "@headgate/shared/protocol/tick-limits.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import { onlineAgents } from "../agents/agent-store.ts";
import { type AutomationRow, readAutomation, saveNextAt } from "../ticks/automation-store.ts";
import { countFailure, deleteEvents, firstEvents, firstEventSizes, hasEvents, type SensorEventRow } from "../ticks/sensor-event-store.ts";
import { openTicksOf, type TickRow } from "../ticks/tick-store.ts";
import { ensureTimer, hasTimer, setTimer, type Timer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import type { FactOf } from "../facts.ts";
import { isEnabled, sensorOf } from "../ticks/automation-source.ts";
import { evaluateTick, evaluatorOf } from "../ticks/evaluate-tick.ts";
import { causeOf, newTick } from "../ticks/tick-rows.ts";
import { automationId, sourceOfId } from "@headgate/shared/domain/automation-id.ts";

/** The most bytes of events in one tick; a single event may be larger. */
const MAX_EVENT_BYTES = 200_000;
export const MAX_EVENT_FAILURES = 3;
/** The delays after the first and the second failure with an event. */
const RETRY_AFTER_MS = [1_000, 10_000] as const;

type Sensor = Located<ManifestSensor>;

/** The sensor, if it is on and has no open tick. */
function idleSensor(tx: Tx, timer: Timer): { readonly sensor: Sensor; readonly row: AutomationRow } | null {
  const source = sourceOfId(timer.id);
  const sensor = sensorOf(catalogOf(tx), source);
  const row = readAutomation(tx.db, source);
  return sensor && row && isEnabled(tx, sensor, row) && openTicksOf(tx.db, source).length === 0 ? { sensor, row } : null;
}

/** Runs when the interval of a polling sensor has passed. */
export function fireSensor(tx: Tx, timer: Timer): void {
  const found = idleSensor(tx, timer);
  if (found?.sensor.kind !== "polling" || !canEvaluate(tx, timer, found.sensor.location)) return;
  const { row } = found;
  const scheduledFor = row.nextAt === null ? tx.now : Math.min(tx.now, row.nextAt);
  evaluateTick(tx, newTick(tx, { source: row, cause: "clock", scheduledFor, cursor: row.cursor }));
}

export function afterAwakened(tx: Tx, facts: readonly FactOf<"sensor_awakened">[]): void {
  for (const id of new Set(facts.map(({ automation }) => automation))) fireSensorEvents(tx, id);
}

/** Starts a tick for waiting events. It runs in the transaction that stored the events or ended the previous tick, not in a later alarm. */
export function fireSensorEvents(tx: Tx, id: string): void {
  const timer: Timer = { kind: "sensor_event", id, at: tx.now };
  const found = idleSensor(tx, timer);
  // A timer that is set is the delay after a failure.
  if (!found?.sensor.evaluated || hasTimer(tx.db, timer) || !canEvaluate(tx, timer, found.sensor.location)) return;
  const events = nextEvents(tx, found.sensor);
  if (events.length > 0) evaluateTick(tx, eventTick(tx, found.row, events));
}

export function eventTick(tx: Tx, row: AutomationRow, events: readonly SensorEventRow[]): TickRow {
  const [first] = events;
  const bodies = events.map(({ body }) => body);
  const cause = (first?.attempts ?? 0) > 0 ? "retry" : causeOf(bodies);
  return newTick(tx, {
    source: row,
    cause,
    scheduledFor: first?.at ?? tx.now,
    cursor: row.cursor,
    events: bodies,
    chain: longestChain(events.map(({ chain }) => chain)),
  });
}

/** Without an agent nothing is planned: the next agent that connects resumes sensors. A silent agent may answer again, so a timer checks. */
function canEvaluate(tx: Tx, timer: Timer, location: string): boolean {
  if (evaluatorOf(tx, location)) return true;
  if (!onlineAgents(tx.db).some((agent) => agent.status === "connected")) return false;
  setTimer(tx.db, { ...timer, at: tx.now + LEASE_MS / 4 });
  return false;
}

/**
 * The events of the next tick. After a failed tick each of its events gets its own tick, so that one bad event does not block the others.
 * Events that followed from this sensor a different number of times are not mixed, because the chain of a tick counts for all its events.
 */
function nextEvents(tx: Tx, sensor: Sensor): SensorEventRow[] {
  let taken = 0;
  let bytes = 0;
  let depth = 0;
  const id = automationId({ ...sensor, kind: "sensor" });
  for (const event of firstEventSizes(tx.db, sensor, MAX_TICK_EVENTS)) {
    bytes += event.bytes;
    const own = event.chain ? timesThrough(event.chain, id) : 0;
    if (taken === 0) depth = own;
    if (taken > 0 && (event.attempts > 0 || bytes > MAX_EVENT_BYTES || own !== depth)) break;
    taken++;
    if (event.attempts > 0) break;
  }
  return taken === 0 ? [] : firstEvents(tx.db, sensor, taken);
}

/** The inbox rows of a tick. They are the first ones, because a sensor has one open tick and new events are added at the end. */
function rowsOfTick(tx: Tx, tick: TickRow): SensorEventRow[] {
  return firstEvents(tx.db, tick, tick.events.length);
}

/** Settles the events of an ended tick. `note` is a text for the tick's message if an event was given up; `done` are the removed events. */
export function settleEvents(
  tx: Tx,
  tick: TickRow,
  failed: boolean,
): { readonly note: string | null; readonly done: readonly SensorEvent[] } {
  if (tick.events.length === 0) return { note: null, done: [] };
  const rows = rowsOfTick(tx, tick);
  const over = rows.filter((row) => !failed || row.attempts + 1 >= MAX_EVENT_FAILURES);
  const retried = rows.filter((row) => !over.includes(row));
  deleteEvents(
    tx.db,
    over.map(({ no }) => no),
  );
  countFailure(
    tx.db,
    retried.map(({ no }) => no),
  );
  const note = failed && over.length > 0 ? `The event was given up after ${MAX_EVENT_FAILURES} failed ticks.` : null;
  return { note, done: over.map(({ body }) => body) };
}

/** Plans the next tick of a sensor after one has ended. */
export function planSensor(tx: Tx, tick: TickRow, failed: boolean): void {
  const sensor = sensorOf(catalogOf(tx), tick);
  const row = readAutomation(tx.db, tick);
  if (!sensor || !row || !isEnabled(tx, sensor, row)) return;
  const id = automationId(tick);
  const [next] = firstEventSizes(tx.db, sensor, 1);
  if (next) {
    const delay = failed && next.attempts > 0 ? (RETRY_AFTER_MS[next.attempts - 1] ?? RETRY_AFTER_MS[1]) : 0;
    if (delay > 0) setTimer(tx.db, { kind: "sensor_event", id, at: tx.now + delay });
    else tx.fact({ type: "sensor_awakened", automation: id });
  }
  if (sensor.kind === "polling") {
    const interval = sensor.intervalSeconds * 1000;
    // If the clock was set back meanwhile, the next tick must not wait until it has caught up.
    const at = Math.min(tx.now + interval, Math.max(tx.now, (tick.startedAt ?? tick.createdAt) + interval));
    saveNextAt(tx.db, tick, at);
    setTimer(tx.db, { kind: "sensor", id, at });
  }
  tx.effects.push({ type: "timers_changed" });
}

/** Resumes all sensors that are on when an agent connects; without an agent their timers are not set. */
export function resumeSensors(tx: Tx): void {
  if (!onlineAgents(tx.db).some((agent) => agent.status === "connected")) return;
  for (const sensor of catalogOf(tx).sensors) {
    const source = { location: sensor.location, kind: "sensor", name: sensor.name } as const;
    const row = readAutomation(tx.db, source);
    if (!row || !isEnabled(tx, sensor, row) || openTicksOf(tx.db, source).length > 0) continue;
    const id = automationId(source);
    // An overdue sensor ticks now; it does not wait for the next check of a silent agent.
    if (sensor.kind === "polling" && (row.nextAt ?? 0) <= tx.now) setTimer(tx.db, { kind: "sensor", id, at: tx.now });
    else if (sensor.kind === "polling" && row.nextAt !== null) {
      const latest = tx.now + sensor.intervalSeconds * 1000;
      // The clock was set back meanwhile.
      if (row.nextAt > latest) setTimer(tx.db, { kind: "sensor", id, at: latest });
      else ensureTimer(tx.db, { kind: "sensor", id, at: row.nextAt });
    }
    if (sensor.evaluated && hasEvents(tx.db, sensor)) tx.fact({ type: "sensor_awakened", automation: id });
    tx.effects.push({ type: "timers_changed" });
  }
}
