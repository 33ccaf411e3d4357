/** Makes the timers of schedules and sensors those of the active definitions. What did not change keeps its time and its cursor. */
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import { nextTime, openSchedule } from "../schedule-times.ts";
import { type AutomationRow, openTick, readAutomations, saveAutomation, type Source } from "../store/automation-store.ts";
import { clearTimer, ensureTimer, setTimer, type TimerKind } from "../store/timer-store.ts";
import { onlineAgents } from "../store/agent-store.ts";
import type { Turn } from "../turn.ts";

export function automationId(source: Source): string {
  return JSON.stringify([source.location, source.kind, source.name]);
}

export function sourceOfId(id: string): Source {
  const [location, kind, name] = JSON.parse(id) as [string, Source["kind"], string];
  return { location, kind, name };
}

const TIMER_OF = { schedule: "schedule", sensor: "sensor" } as const satisfies Record<Source["kind"], TimerKind>;

export function syncAutomation(turn: Turn): void {
  const known = new Map(readAutomations(turn.db).map((row) => [automationId(row), row]));
  const running = new Set<string>();
  const { schedules } = turn.catalog();
  for (const schedule of schedules) {
    if (schedule.defaultStatus !== "running") continue;
    const source = { location: schedule.location, kind: "schedule", name: schedule.name } as const;
    const id = automationId(source);
    running.add(id);
    const definition = canonicalJson([schedule.cron, schedule.timezone]);
    const before = known.get(id);
    if (before?.definition === definition && before.nextAt !== null) continue;
    const crons = openSchedule(schedule);
    const nextAt = crons.ok ? nextTime(crons.value, turn.now) : null;
    saveAutomation(turn.db, { ...(before ?? newAutomation(source)), definition, nextAt });
    if (nextAt !== null) setTimer(turn.db, { kind: "schedule", id, at: nextAt });
  }
  for (const source of pollingSensors(turn)) {
    const id = automationId(source);
    running.add(id);
    const before = known.get(id);
    saveAutomation(turn.db, { ...(before ?? newAutomation(source)), definition: "", nextAt: turn.now });
  }
  for (const [id, row] of known) if (!running.has(id)) stop(turn, row);
  resumeSensors(turn);
  turn.effects.push({ type: "timers_changed" });
}

function newAutomation(source: Source): AutomationRow {
  return {
    ...source,
    cursor: null,
    definition: "",
    nextAt: null,
    enabled: null,
    changedBy: null,
    changedAt: null,
    failures: 0,
    gathered: null,
  };
}

/** The cursor stays: a sensor that comes back with a later version goes on where it was. */
function stop(turn: Turn, row: AutomationRow): void {
  clearTimer(turn.db, TIMER_OF[row.kind], automationId(row));
  saveAutomation(turn.db, { ...row, nextAt: null });
}

function pollingSensors(turn: Turn): Source[] {
  return turn
    .catalog()
    .sensors.filter((sensor) => sensor.kind === "polling" && sensor.defaultStatus === "running")
    .map((sensor) => ({ location: sensor.location, kind: "sensor", name: sensor.name }));
}

/** Without an agent nothing can evaluate a sensor, so nothing wakes up for it; with the first agent they start again. */
export function resumeSensors(turn: Turn): void {
  if (!onlineAgents(turn.db).some((agent) => agent.status === "connected")) return;
  for (const source of pollingSensors(turn)) {
    if (openTick(turn.db, source)) continue;
    ensureTimer(turn.db, { kind: "sensor", id: automationId(source), at: turn.now });
    turn.effects.push({ type: "timers_changed" });
  }
}
