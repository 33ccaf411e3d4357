/** What people do with schedules and sensors: turn them on and off, move a cursor, ask for a tick now, let a run key be used again. */
import type { AutomationRef } from "@headgate/shared/api/automation-views.ts";
import type { Actor } from "@headgate/shared/api/service.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { MAX_TICK_EVENTS } from "@headgate/shared/protocol/sensor-event.ts";
import type { Located } from "../catalog/catalog.ts";
import { deleteRunKey, readAutomation, type AutomationRow, saveAutomation } from "./automation-store.ts";
import { hasEvents } from "./sensor-event-store.ts";
import { openTicksOf } from "./tick-store.ts";
import { clearTimer } from "../kernel/timer-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { automationId, definitionOf, isEnabled, scheduleOf, sensorOf } from "./automation-source.ts";
import { evaluateTick, evaluatorOf, startScheduleTick } from "./evaluate-tick.ts";
import { resumeSensors } from "../sensors/sensor-ticks.ts";
import { newAutomation, planSchedule, stopAutomation } from "./sync-automations.ts";
import { newTick } from "./tick-rows.ts";
import { unknownAutomation } from "./unknown-automation.ts";

function rowOf(turn: Turn, ref: AutomationRef): Result<AutomationRow> {
  if (!definitionOf(turn.catalog(), ref)) return unknownAutomation(turn.catalog(), ref);
  const { location, kind, name } = ref;
  return ok(readAutomation(turn.db, ref) ?? newAutomation({ location, kind, name }));
}

function changed(turn: Turn, ref: AutomationRef): Result<AutomationRef> {
  turn.effects.push({ type: "timers_changed" }, { type: "automation_changed", automation: automationId(ref) });
  return ok(ref);
}

/** Times and events of the time while it was off are gone. */
export function setAutomation(
  turn: Turn,
  input: AutomationRef & { readonly enabled: boolean | null },
  actor: Actor,
): Result<AutomationRef> {
  const found = rowOf(turn, input);
  if (!found.ok) return found;
  const definition = definitionOf(turn.catalog(), input);
  if (!definition) return unknownAutomation(turn.catalog(), input);
  const before = isEnabled(definition, found.value);
  const enabled = input.enabled === null ? null : Number(input.enabled);
  const row: AutomationRow = { ...found.value, enabled, changedBy: actor.name, changedAt: turn.now };
  saveAutomation(turn.db, row);
  const after = isEnabled(definition, row);
  if (before && !after) stopAutomation(turn, row);
  else if (!before && after) start(turn, row);
  return changed(turn, input);
}

function start(turn: Turn, row: AutomationRow): void {
  const schedule = row.kind === "schedule" ? scheduleOf(turn.catalog(), row) : null;
  if (schedule) planSchedule(turn, schedule, { ...row, nextAt: null });
  else {
    const isPolling = sensorOf(turn.catalog(), row)?.kind === "polling";
    saveAutomation(turn.db, { ...row, nextAt: isPolling ? turn.now : null, gathered: null });
    resumeSensors(turn);
  }
}

export function setCursor(turn: Turn, input: AutomationRef & { readonly cursor: string | null }): Result<AutomationRef> {
  if (input.kind === "schedule") return refuse("invalid_input", `A schedule has no cursor; ${input.name} is one.`);
  const found = rowOf(turn, input);
  if (!found.ok) return found;
  saveAutomation(turn.db, { ...found.value, cursor: input.cursor });
  return changed(turn, input);
}

export function releaseRunKey(turn: Turn, input: AutomationRef & { readonly key: string }): Result<AutomationRef> {
  const found = rowOf(turn, input);
  if (!found.ok) return found;
  if (!deleteRunKey(turn.db, { location: input.location, sensor: `${input.kind}:${input.name}`, key: input.key }))
    return refuse("not_found", `${input.kind} ${input.name} has made no run with the run key "${input.key}".`, { key: input.key });
  return changed(turn, input);
}

/** Also of one that is turned off. */
export function tickNow(turn: Turn, input: AutomationRef): Result<AutomationRef> {
  const found = rowOf(turn, input);
  if (!found.ok) return found;
  const schedule = input.kind === "schedule" ? scheduleOf(turn.catalog(), input) : null;
  if (schedule) {
    startScheduleTick(turn, schedule, newTick(turn, { source: found.value, cause: "person", scheduledFor: turn.now }));
    return changed(turn, input);
  }
  const sensor = sensorOf(turn.catalog(), input);
  if (!sensor) return unknownAutomation(turn.catalog(), input);
  const ticked = tickSensor(turn, sensor, found.value);
  return ticked.ok ? changed(turn, input) : ticked;
}

function tickSensor(turn: Turn, sensor: Located<ManifestSensor>, row: AutomationRow): Result<null> {
  if (openTicksOf(turn.db, row).length > 0)
    return refuse("conflict", `Sensor ${sensor.name} is being evaluated. Wait for the end of that tick.`);
  const isAwaited = hasEvents(turn.db, sensor);
  if (sensor.kind !== "polling" && !isAwaited)
    return refuse("invalid_input", `Sensor ${sensor.name} is woken by events, and none waits. Try it out with 'Test' instead.`, {
      maxEvents: MAX_TICK_EVENTS,
    });
  if (!evaluatorOf(turn, sensor.location))
    return refuse("unavailable", `No agent is connected that could evaluate sensor ${sensor.name}. Start one with 'headgate agent'.`);
  if (isAwaited) {
    clearTimer(turn.db, "sensor_event", automationId(row));
    turn.atEnd.sensors.add(automationId(row));
  }
  if (sensor.kind === "polling")
    evaluateTick(turn, newTick(turn, { source: row, cause: "person", scheduledFor: turn.now, cursor: row.cursor }));
  return ok(null);
}
