/** Ticks of schedules and sensors: plain schedules are decided here, everything with user code is evaluated by an agent. */
import { latestTime, nextTime, openSchedule } from "../schedule-times.ts";
import {
  insertTick,
  openTick,
  readAutomation,
  saveAutomation,
  finishTick,
  readTick,
  type Source,
  type TickRow,
} from "../store/automation-store.ts";
import { setTimer, type Timer } from "../store/timer-store.ts";
import { onlineAgents } from "../store/agent-store.ts";
import { readRunByNo } from "../store/run-store.ts";
import type { Turn } from "../turn.ts";
import { LEASE_MS } from "@headgate/shared/protocol/constants.ts";
import { dispatch, lastSign } from "./dispatch.ts";
import { createRun } from "./launch-run.ts";
import { resolveLaunch } from "./launch-target.ts";
import { automationId, sourceOfId } from "./sync-automation.ts";

/** The agent enforces the time limit itself; this is for agents that vanish. */
const TICK_SLACK_MS = 15_000;

/** Of the times missed while nobody was awake only the latest counts. */
export function fireSchedule(turn: Turn, timer: Timer): void {
  const source = sourceOfId(timer.id);
  const schedule = turn.catalog().schedules.find((entry) => entry.location === source.location && entry.name === source.name);
  const row = readAutomation(turn.db, source);
  if (!schedule || !row) return;
  const crons = openSchedule(schedule);
  if (!crons.ok) return;
  const planned = row.nextAt ?? timer.at;
  const scheduledFor = Math.max(planned, latestTime(crons.value, turn.now) ?? planned);
  const nextAt = nextTime(crons.value, Math.max(turn.now, scheduledFor));
  saveAutomation(turn.db, { ...row, nextAt });
  if (nextAt !== null) setTimer(turn.db, { kind: "schedule", id: timer.id, at: nextAt });
  const tick = newTick(turn, source, { scheduledFor, cursor: null });
  if (schedule.evaluated) {
    evaluateOnAgent(turn, tick, 60);
    return;
  }
  if (!insertTick(turn.db, tick)) return;
  const resolved = resolveLaunch(turn.catalog(), { job: schedule.job, location: schedule.location }, turn.now);
  const created = resolved.ok
    ? createRun(turn, {
        resolved: resolved.value,
        trigger: { type: "schedule", name: schedule.name, location: schedule.location, tick: tick.id },
        tags: schedule.tags,
        config: undefined,
        priority: 0,
        parent: null,
      })
    : resolved;
  const run = created.ok ? readRunByNo(turn.db, created.value)?.id : undefined;
  finishTick(turn.db, {
    ...tick,
    finishedAt: turn.now,
    ...(run === undefined ? { state: "failed", message: created.ok ? "" : created.error.message } : { state: "requested", runs: [run] }),
  });
  dispatch(turn);
}

export function newTick(turn: Turn, source: Source, input: { readonly scheduledFor: number; readonly cursor: string | null }): TickRow {
  return {
    no: 0,
    id: turn.newId("tick"),
    location: source.location,
    kind: source.kind,
    name: source.name,
    scheduledFor: input.scheduledFor,
    cause: "clock",
    state: "open",
    createdAt: turn.now,
    startedAt: turn.now,
    finishedAt: null,
    attempt: 1,
    agent: null,
    cursorBefore: input.cursor,
    cursorAfter: null,
    parts: 0,
    runs: [],
    runCount: 0,
    message: null,
    stack: null,
    logs: [],
    deduplicated: [],
    dynamicPartitions: [],
    events: [],
    dropped: 0,
  };
}

/** One evaluation of a sensor at a time; the next is planned when its result is there. */
export function fireSensor(turn: Turn, timer: Timer): void {
  const source = sourceOfId(timer.id);
  const sensor = turn.catalog().sensors.find((entry) => entry.location === source.location && entry.name === source.name);
  const row = readAutomation(turn.db, source);
  if (!sensor || !row || openTick(turn.db, source)) return;
  evaluateOnAgent(turn, newTick(turn, source, { scheduledFor: turn.now, cursor: row.cursor }), sensor.timeoutSeconds);
}

/** Without an agent a sensor goes on when one connects; the time of a schedule has passed, and its tick says so. */
function evaluateOnAgent(turn: Turn, tick: TickRow, timeoutSeconds: number): void {
  const version = turn.catalog().versionOf.get(tick.location);
  if (!version) return;
  const isReady = (agent: { readonly locations: readonly { readonly version: string; readonly state: string }[] }) =>
    agent.locations.some((entry) => entry.version === version.id && entry.state === "ready");
  const agents = onlineAgents(turn.db).filter((agent) => agent.status === "connected" && agent.socket !== null);
  // A connection that is only half open looks like an open one.
  const heard = agents.filter((agent) => turn.now - lastSign(turn, agent) <= LEASE_MS);
  const agent = heard.find(isReady) ?? heard[0];
  if (!agent || agent.socket === null) {
    noAgent(turn, tick, agents.length > 0);
    return;
  }
  if (!insertTick(turn.db, { ...tick, agent: agent.instance })) return;
  setTimer(turn.db, { kind: "tick_timeout", id: tick.id, at: turn.now + timeoutSeconds * 1000 + TICK_SLACK_MS });
  turn.effects.push(
    { type: "timers_changed" },
    {
      type: "send",
      socket: agent.socket,
      frame: {
        t: "tick",
        tick: tick.id,
        location: tick.location,
        version: version.id,
        kind: tick.kind,
        name: tick.name,
        cursor: tick.cursorBefore,
        scheduledFor: tick.scheduledFor,
        timeoutSeconds,
      },
    },
  );
}

function noAgent(turn: Turn, tick: TickRow, silent: boolean): void {
  if (tick.kind === "schedule") {
    const message = "No agent was connected that could have evaluated the schedule. Start one with 'headgate agent'.";
    if (insertTick(turn.db, tick)) finishTick(turn.db, { ...tick, state: "failed", finishedAt: turn.now, message });
    return;
  }
  // It either speaks again or is disconnected; only then nobody has to look.
  if (silent) setTimer(turn.db, { kind: "sensor", id: automationId(tick), at: turn.now + LEASE_MS });
}

/** The agent vanished or forgot it; a late answer is ignored. */
export function failOpenTick(turn: Turn, id: string): void {
  const tick = readTick(turn.db, id);
  if (tick?.state !== "open") return;
  finishTick(turn.db, { ...tick, state: "failed", finishedAt: turn.now, message: "The agent did not answer in time." });
  planNext(turn, tick);
}

export function planNext(turn: Turn, tick: TickRow): void {
  if (tick.kind !== "sensor") return;
  const sensor = turn.catalog().sensors.find((entry) => entry.location === tick.location && entry.name === tick.name);
  if (sensor?.kind !== "polling" || sensor.defaultStatus !== "running") return;
  setTimer(turn.db, {
    kind: "sensor",
    id: automationId(tick),
    at: Math.max(turn.now, (tick.startedAt ?? tick.createdAt) + sensor.intervalSeconds * 1000),
  });
  turn.effects.push({ type: "timers_changed" });
}
