/** Sets the timers of schedules and sensors after an activation. An unchanged schedule or sensor keeps its next time, on/off state and cursor. */
import { nextTickOf } from "@headgate/shared/domain/cron/catch-up.ts";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import type { ManifestSchedule } from "@headgate/shared/manifest/schema.ts";
import { type Located, catalogOf } from "../catalog/catalog.ts";
import { type AutomationRow, readAutomations, saveAutomation, type Source } from "../ticks/automation-store.ts";
import { clearTimer, ensureTimer, setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { cronsOf, isEnabled, jitterMs } from "../ticks/automation-source.ts";
import { dropEvents } from "../sensors/drop-events.ts";
import { resumeSensors } from "../sensors/sensor-ticks.ts";
import { startWaiting, endWaiting } from "./waiting-ticks.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

export function syncAutomation(tx: Tx): void {
  const known = new Map(readAutomations(tx.db).map((row) => [automationId(row), row]));
  const { schedules, sensors } = catalogOf(tx);
  const defined = new Set<string>();
  for (const schedule of schedules) {
    const source = { location: schedule.location, kind: "schedule", name: schedule.name } as const;
    defined.add(automationId(source));
    const row = known.get(automationId(source)) ?? newAutomation(source);
    if (isEnabled(tx, schedule, row)) planSchedule(tx, schedule, row);
    else stopAutomation(tx, row);
  }
  for (const sensor of sensors) {
    const source = { location: sensor.location, kind: "sensor", name: sensor.name } as const;
    defined.add(automationId(source));
    const row = known.get(automationId(source)) ?? newAutomation(source);
    if (!isEnabled(tx, sensor, row)) stopAutomation(tx, row);
    else {
      // The collected events belong to the assets of the previous definition.
      const definition = canonicalJson([sensor.kind, sensor.assets ?? []]);
      const gathered = row.definition === definition ? row.gathered : null;
      saveAutomation(tx.db, { ...row, definition, gathered, nextAt: sensor.kind === "polling" ? (row.nextAt ?? tx.now) : null });
      if (sensor.kind !== "polling") clearTimer(tx.db, "sensor", automationId(source));
    }
  }
  for (const [id, row] of known) if (!defined.has(id)) stopAutomation(tx, row);
  resumeSensors(tx);
  startWaiting(tx);
  tx.effects.push({ type: "timers_changed" });
}

/** Plans the first tick after now. A schedule whose times did not change keeps its next tick, even an overdue one. */
export function planSchedule(tx: Tx, schedule: Located<ManifestSchedule>, row: AutomationRow): void {
  const id = automationId(row);
  const definition = canonicalJson([schedule.cron, schedule.timezone, schedule.jitterSeconds ?? 0]);
  const crons = cronsOf(schedule);
  if (row.definition === definition && row.nextAt !== null) {
    ensureTimer(tx.db, { kind: "schedule", id, at: row.nextAt + jitterMs(schedule) });
    return;
  }
  // A tick that was due before the change stays due.
  const after = Math.min(tx.now, row.nextAt === null ? tx.now : row.nextAt - 1);
  const nextAt = crons && nextTickOf(crons, after);
  saveAutomation(tx.db, { ...row, definition, nextAt });
  if (nextAt === null) clearTimer(tx.db, "schedule", id);
  else setTimer(tx.db, { kind: "schedule", id, at: nextAt + jitterMs(schedule) });
}

export function newAutomation(source: Source): AutomationRow {
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

/** Waiting ticks and events are dropped. Cursor and on/off state stay, so a sensor that returns in a later version continues where it was. */
export function stopAutomation(tx: Tx, row: AutomationRow): void {
  const id = automationId(row);
  clearTimer(tx.db, row.kind, id);
  saveAutomation(tx.db, { ...row, nextAt: null, gathered: null });
  endWaiting(tx, row);
  if (row.kind !== "sensor") return;
  clearTimer(tx.db, "sensor_event", id);
  dropEvents(tx, row);
}
