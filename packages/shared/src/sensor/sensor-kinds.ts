/** What can be asked about a sensor; each kind answers in its row of `sensor-table.ts`. */
import type { ManifestSensor } from "../manifest/schema.ts";
import type { DefinedSensor, SensorKind } from "./sensor-kind.ts";
import type { SensorEvent } from "./event-schema.ts";
import { SENSOR_KINDS } from "./sensor-table.ts";

function kindOf({ kind }: Pick<ManifestSensor, "kind">): SensorKind<SensorEvent> {
  // A kind is only ever asked about events that it watches.
  return SENSOR_KINDS[kind];
}

/** As people call it, e.g. "run status sensor". */
export function sensorKindLabel(kind: ManifestSensor["kind"]): string {
  return SENSOR_KINDS[kind].label;
}

/** Keys of what the sensor watches; an event looks under the keys of its type. */
export function watchKeys(sensor: DefinedSensor): readonly string[] {
  return kindOf(sensor).watches(sensor);
}

/** Is the event, found under one of these keys, meant for the sensor? */
export function isMeantFor(sensor: DefinedSensor, event: SensorEvent): boolean {
  return kindOf(sensor).matches(sensor, event);
}

/** For a dry run when no event has happened yet; null: the sensor needs none. */
export function exampleEvent(sensor: DefinedSensor, at: number): SensorEvent | null {
  return kindOf(sensor).exampleEvent(sensor, at);
}

/** When the sensor starts its runs, e.g. "when gold/orders is materialized". */
export function runsWhen(sensor: ManifestSensor): string {
  return kindOf(sensor).runsWhen(sensor);
}
