/** Finds the definition of a schedule or sensor in the definitions document. */
import type { AutomationRef } from "@headgate/shared/contract/automations/automation-views.ts";
import type { Definitions } from "#lib/deployment/definitions.ts";

export type ScheduleDefinition = Definitions["document"]["schedules"][number];
export type SensorDefinition = Definitions["document"]["sensors"][number];

export function scheduleOf(definitions: Definitions, ref: AutomationRef): ScheduleDefinition | undefined {
  if (ref.kind !== "schedule") return undefined;
  return definitions.document.schedules.find((entry) => entry.name === ref.name && entry.location === ref.location);
}

export function sensorOf(definitions: Definitions, ref: AutomationRef): SensorDefinition | undefined {
  if (ref.kind !== "sensor") return undefined;
  return definitions.document.sensors.find((entry) => entry.name === ref.name && entry.location === ref.location);
}
