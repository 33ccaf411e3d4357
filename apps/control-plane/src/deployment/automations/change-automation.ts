/** Commands of people on schedules and sensors: turn on and off, set the cursor, tick now, release a run key. */
import type { AutomationRef } from "@headgate/shared/contract/automations/automation-views.ts";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import { MAX_TICK_EVENTS } from "@headgate/shared/protocol/tick-limits.ts";
import { type Located, catalogOf, switchOf } from "../catalog/catalog.ts";
import { deleteRunKey, readAutomation, type AutomationRow, saveAutomation } from "../ticks/automation-store.ts";
import { hasEvents } from "../ticks/sensor-event-store.ts";
import { openTicksOf } from "../ticks/tick-store.ts";
import { clearTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { definitionOf, isEnabled, scheduleOf, sensorOf, storedChoice } from "../ticks/automation-source.ts";
import { evaluateTick, evaluatorOf } from "../ticks/evaluate-tick.ts";
import { resumeSensors } from "../sensors/sensor-ticks.ts";
import { newAutomation, planSchedule, stopAutomation } from "./sync-automations.ts";
import { newTick } from "../ticks/tick-rows.ts";
import { unknownAutomation } from "../ticks/unknown-automation.ts";
import { startScheduleTick } from "../schedules/start-tick.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

function rowOf(tx: Tx, ref: AutomationRef): Result<AutomationRow> {
  if (!definitionOf(catalogOf(tx), ref)) return unknownAutomation(catalogOf(tx), ref);
  const { location, kind, name } = ref;
  return ok(readAutomation(tx.db, ref) ?? newAutomation({ location, kind, name }));
}

function changed(tx: Tx, ref: AutomationRef): Result<AutomationRef> {
  tx.effects.push({ type: "timers_changed" });
  tx.fact({ type: "automation_changed", automation: automationId(ref) });
  return ok(ref);
}

/** Ticks and events that were due while it was off are lost. */
export function setAutomation(tx: Tx, input: AutomationRef & { readonly enabled: boolean | null }, actor: Actor): Result<AutomationRef> {
  const found = rowOf(tx, input);
  if (!found.ok) return found;
  const definition = definitionOf(catalogOf(tx), input);
  if (!definition) return unknownAutomation(catalogOf(tx), input);
  const before = isEnabled(tx, definition, found.value);
  const on = switchOf(tx, input.location) === "off" ? "on_alone" : "on";
  const enabled = input.enabled === null ? null : storedChoice(input.enabled ? on : "off");
  const row: AutomationRow = { ...found.value, enabled, changedBy: actor.name, changedAt: tx.now };
  saveAutomation(tx.db, row);
  const after = isEnabled(tx, definition, row);
  if (before && !after) stopAutomation(tx, row);
  else if (!before && after) start(tx, row);
  return changed(tx, input);
}

function start(tx: Tx, row: AutomationRow): void {
  const schedule = row.kind === "schedule" ? scheduleOf(catalogOf(tx), row) : null;
  if (schedule) planSchedule(tx, schedule, { ...row, nextAt: null });
  else {
    const isPolling = sensorOf(catalogOf(tx), row)?.kind === "polling";
    saveAutomation(tx.db, { ...row, nextAt: isPolling ? tx.now : null, gathered: null });
    resumeSensors(tx);
  }
}

export function setCursor(tx: Tx, input: AutomationRef & { readonly cursor: string | null }): Result<AutomationRef> {
  if (input.kind === "schedule") return refuse("invalid_input", `A schedule has no cursor; ${input.name} is one.`);
  const found = rowOf(tx, input);
  if (!found.ok) return found;
  saveAutomation(tx.db, { ...found.value, cursor: input.cursor });
  return changed(tx, input);
}

export function releaseRunKey(tx: Tx, input: AutomationRef & { readonly key: string }): Result<AutomationRef> {
  const found = rowOf(tx, input);
  if (!found.ok) return found;
  if (!deleteRunKey(tx.db, { location: input.location, sensor: `${input.kind}:${input.name}`, key: input.key }))
    return refuse("not_found", `${input.kind} ${input.name} has made no run with the run key "${input.key}".`, { key: input.key });
  return changed(tx, input);
}

/** Works for a schedule or sensor that is turned off, too. */
export function tickNow(tx: Tx, input: AutomationRef): Result<AutomationRef> {
  const found = rowOf(tx, input);
  if (!found.ok) return found;
  const schedule = input.kind === "schedule" ? scheduleOf(catalogOf(tx), input) : null;
  if (schedule) {
    startScheduleTick(tx, schedule, newTick(tx, { source: found.value, cause: "person", scheduledFor: tx.now }));
    return changed(tx, input);
  }
  const sensor = sensorOf(catalogOf(tx), input);
  if (!sensor) return unknownAutomation(catalogOf(tx), input);
  const ticked = tickSensor(tx, sensor, found.value);
  return ticked.ok ? changed(tx, input) : ticked;
}

function tickSensor(tx: Tx, sensor: Located<ManifestSensor>, row: AutomationRow): Result<null> {
  if (openTicksOf(tx.db, row).length > 0)
    return refuse("conflict", `Sensor ${sensor.name} is being evaluated. Wait for the end of that tick.`);
  const isAwaited = hasEvents(tx.db, sensor);
  if (sensor.kind !== "polling" && !isAwaited)
    return refuse("invalid_input", `Sensor ${sensor.name} runs when events arrive, and none waits. Make a dry run instead.`, {
      maxEvents: MAX_TICK_EVENTS,
    });
  if (!evaluatorOf(tx, sensor.location))
    return refuse("unavailable", `No agent is connected that could evaluate sensor ${sensor.name}. Start one with 'headgate agent'.`);
  if (isAwaited) {
    clearTimer(tx.db, "sensor_event", automationId(row));
    tx.fact({ type: "sensor_awakened", automation: automationId(row) });
  }
  if (sensor.kind === "polling") evaluateTick(tx, newTick(tx, { source: row, cause: "person", scheduledFor: tx.now, cursor: row.cursor }));
  return ok(null);
}
