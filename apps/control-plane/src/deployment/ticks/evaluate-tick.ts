/**
 * Ticks with user code: which agent evaluates one, what happens while there is none, and when one vanishes with it. A tick that has no
 * agent stays open and is looked at again whenever an agent connects or another evaluation ends.
 */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { MAX_CATCH_UP } from "@headgate/shared/domain/cron/catch-up.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import type { TickFrame } from "@headgate/shared/protocol/down.ts";
import type { SensorEvent } from "@headgate/shared/protocol/sensor-event.ts";
import type { Located } from "../catalog/catalog.ts";
import type { AgentRow } from "../agents/tables.ts";
import { onlineAgents } from "../agents/agent-store.ts";
import { readAutomation, type Source } from "./automation-store.ts";
import { firstEvents } from "./sensor-event-store.ts";
import { evaluationCounts, openTicksOf, openTicksOfAgent, readTickByNo, type TickRow, waitingBeyond, waitingTicks } from "./tick-store.ts";
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { definitionOf, isEnabled, jitterMs, scheduleOf, sensorOf, sourceOfId } from "./automation-source.ts";
import { lastSign } from "../queue/dispatch.ts";
import { overlapOf } from "./overlap.ts";
import { decideTick } from "../schedules/plain-ticks.ts";
import type { RunSession } from "../runs/run-session.ts";
import { endTick, storeTick } from "./tick-rows.ts";

/** The agent enforces the time limit itself; this is for agents that do not. */
const TICK_SLACK_MS = 15_000;
const SCHEDULE_TIMEOUT_SECONDS = 60;
export const MAX_TICK_ATTEMPTS = 3;
/** An agent is given no more evaluations at once; the others wait in the table. */
const MAX_EVALUATIONS = 100;
const WAITING_SLICE = 100;
/** For a policy that wants no missed ticks; the same as in the domain. */
const IN_TIME_MS = 60_000;
const GIVEN_UP = "No agent was connected in time, and the catch-up policy gives it up.";

export interface Evaluator {
  readonly agent: AgentRow;
  readonly socket: string;
}

/** The least busy agent that takes work, preferably one that has the version loaded; null: there is none. */
export function evaluatorOf(tx: Tx, location: string): Evaluator | null {
  const version = tx.catalog().versionOf.get(location)?.id;
  const counts = evaluationCounts(tx.db);
  const load = (agent: AgentRow) => counts.get(agent.instance) ?? 0;
  const isReady = (agent: AgentRow) => agent.locations.some((entry) => entry.version === version && entry.state === "ready");
  let best: Evaluator | null = null;
  for (const agent of onlineAgents(tx.db)) {
    if (agent.status !== "connected" || agent.socket === null || load(agent) >= MAX_EVALUATIONS) continue;
    // A connection that is only half open looks like an open one.
    if (tx.now - lastSign(tx, agent) > LEASE_MS) continue;
    if (best && (Number(isReady(agent)) - Number(isReady(best.agent)) || load(best.agent) - load(agent)) <= 0) continue;
    best = { agent, socket: agent.socket };
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
  const catalog = tx.catalog();
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
    version: tx.catalog().versionOf.get(tick.location)?.id ?? "",
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

/** A run of a schedule ended: its tick that waited for that starts. */
export function startAfterRun(tx: Tx, session: RunSession): void {
  if (session.row.source === null) return;
  const source = sourceOfId(session.row.source);
  if (source.kind !== "schedule") return;
  for (const tick of openTicksOf(tx.db, source)) if (tick.startedAt === null) startOne(tx, tick);
}

/** Looks at ticks that wait, oldest first, as long as agents have room for more. */
export function startWaiting(tx: Tx): void {
  let room = roomOf(tx);
  for (let after = 0; room > 0;) {
    // Some of them may wait for a run.
    const limit = Math.min(WAITING_SLICE, room + 10);
    const ticks = waitingTicks(tx.db, { after, limit });
    for (const tick of ticks) {
      after = tick.no;
      if (room > 0 && startOne(tx, tick).agent !== null) room--;
    }
    if (ticks.length < limit) return;
  }
}

/** How many more evaluations may be given out. */
function roomOf(tx: Tx): number {
  const counts = evaluationCounts(tx.db);
  return onlineAgents(tx.db)
    .filter((agent) => agent.status === "connected")
    .reduce((room, agent) => room + Math.max(0, MAX_EVALUATIONS - (counts.get(agent.instance) ?? 0)), 0);
}

/** Ticks of a schedule or sensor that was turned off or removed do not start any more. */
export function endWaiting(tx: Tx, source: Source): void {
  for (const tick of openTicksOf(tx.db, source)) if (tick.startedAt === null) startOne(tx, tick);
}

function startOne(tx: Tx, tick: TickRow): TickRow {
  const catalog = tx.catalog();
  const definition = definitionOf(catalog, tick);
  if (!definition) return endTick(tx, tick, { state: "skipped", message: `The ${tick.kind} was removed while the tick waited.` });
  if (!isEnabled(definition, readAutomation(tx.db, tick)) && tick.cause !== "person")
    return endTick(tx, tick, { state: "skipped", message: `The ${tick.kind} was turned off while the tick waited.` });
  const schedule = tick.kind === "schedule" ? scheduleOf(catalog, tick) : null;
  return schedule ? startScheduleTick(tx, schedule, tick) : evaluateTick(tx, tick);
}

/**
 * The time of a tick has come: it is written down, with all others that are due, before the first of them is decided. So of a thousand
 * that are due at once none is late, though their runs are made one after the other.
 */
export function takeUp(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): void {
  const { no } = storeTick(tx, { ...tick, startedAt: schedule.evaluated ? null : tx.now });
  setTimer(tx.db, { kind: "tick", id: takenId(no), at: tick.scheduledFor });
}

/** In the order of the numbers, because timers of one time go by their ids. */
function takenId(no: number): string {
  return String(no).padStart(15, "0");
}

/** Unless it was decided meanwhile: an agent that connects, or a run that ends, starts what waits too. */
export function startTaken(tx: Tx, id: string): void {
  const tick = readTickByNo(tx.db, Number(id));
  if (tick?.state === "open" && tick.agent === null) startOne(tx, tick);
}

/** Decides it, gives it to an agent, lets it wait, or ends it because its time has passed. */
export function startScheduleTick(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): TickRow {
  const overlap = overlapOf(tx, schedule, tick);
  if (overlap.type === "skip") return endTick(tx, tick, { state: "skipped", message: overlap.reason });
  if (overlap.type === "wait")
    return tick.message === overlap.reason ? tick : storeTick(tx, { ...tick, startedAt: null, message: overlap.reason });
  if (!schedule.evaluated) return decideTick(tx, schedule, tick);
  if (isGivenUp(tx, schedule, tick)) return endTick(tx, tick, { state: "skipped", message: GIVEN_UP });
  const row = evaluateTick(tx, tick);
  if (row.startedAt === null) giveUpOldest(tx, schedule);
  return row;
}

/** Too old for its policy. One that waited for a run, and says so, was in time. */
function isGivenUp(tx: Tx, schedule: Located<ManifestSchedule>, tick: TickRow): boolean {
  if (tick.message !== null || tick.attempt > 1 || tick.cause === "person") return false;
  return tick.scheduledFor < wantedOf(schedule, tx.now - jitterMs(schedule)).notBefore;
}

/** The catch-up policy holds for ticks that wait as it does for times that nobody saw: of those too many the oldest end. */
export function giveUpOldest(tx: Tx, schedule: Located<ManifestSchedule>): void {
  const source = { location: schedule.location, kind: "schedule", name: schedule.name } as const;
  for (const tick of waitingBeyond(tx.db, source, { ...wantedOf(schedule, tx.now - jitterMs(schedule)), limit: WAITING_SLICE }))
    endTick(tx, tick, { state: "skipped", message: GIVEN_UP });
}

function wantedOf(schedule: Located<ManifestSchedule>, now: number): { readonly keep: number; readonly notBefore: number } {
  const policy = schedule.catchUp ?? { type: "latest" };
  switch (policy.type) {
    case "none":
      return { keep: 1, notBefore: now - (policy.toleranceMs ?? IN_TIME_MS) };
    case "latest":
      return { keep: 1, notBefore: 0 };
    case "last":
      return { keep: policy.count, notBefore: 0 };
    case "within":
      return { keep: MAX_CATCH_UP, notBefore: now - policy.ms };
    default:
      return assertNever(policy);
  }
}
