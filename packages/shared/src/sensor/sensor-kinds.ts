/** What can be asked about a sensor; each kind answers in its row of `sensor-table.ts`. */
import type { SensorEvent } from "./event-schema.ts";
import type { FieldsOf, SensorKind } from "./sensor-kind.ts";
import { SENSOR_KINDS, type SensorKindName, type sensorFields } from "./sensor-table.ts";

type Fields = FieldsOf<typeof sensorFields>;
/** A sensor of a manifest. */
type Sensor = Fields & { readonly kind: SensorKindName };
/** A sensor of an active version, with the code location that defines it. */
type DefinedSensor = Sensor & { readonly location: string };

function kindOf({ kind }: Pick<Sensor, "kind">): SensorKind<Fields, SensorEvent> {
  // A kind is only ever asked about events that it watches.
  return SENSOR_KINDS[kind];
}

/** As people call it, e.g. "run status sensor". */
export function sensorKindLabel(kind: SensorKindName): string {
  return SENSOR_KINDS[kind].label;
}

/** Keys of what the sensor watches; an event looks under the keys of its type. */
export function watchKeys(sensor: Sensor): readonly string[] {
  return kindOf(sensor).watches(sensor);
}

/** An event that happened, and the code locations that took part in it. */
export interface WakingEvent {
  readonly event: SensorEvent;
  readonly locations?: readonly string[] | undefined;
}

/** Is the event, found under one of these keys, meant for the sensor? */
export function isMeantFor(sensor: DefinedSensor, { event, locations = [] }: WakingEvent): boolean {
  return kindOf(sensor).matches(sensor, event, locations);
}

/** For a dry run when no event has happened yet; null: the sensor needs none. */
export function exampleEvent(sensor: DefinedSensor, at: number): SensorEvent | null {
  return kindOf(sensor).exampleEvent(sensor, at);
}

/** When the sensor starts its runs, e.g. "when gold/orders is materialized". */
export function runsWhen(sensor: Sensor): string {
  return kindOf(sensor).runsWhen(sensor);
}
