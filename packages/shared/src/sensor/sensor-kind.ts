/** What a kind of sensor and a type of event say about themselves. Everything that treats all kinds alike reads these. */
import type { ManifestSensor } from "../manifest/schema.ts";

/** A sensor of an active version, with the code location that defines it. */
export type DefinedSensor = ManifestSensor & { readonly location: string };

/** A kind of sensor; `E` is the event that wakes it. */
export interface SensorKind<E> {
  /** As people call it, e.g. "run status sensor". */
  readonly label: string;
  /** What it watches, for the index of watchers: an event looks under the keys of its type. Empty: only its interval or its address wakes it. */
  watches(sensor: DefinedSensor): readonly string[];
  /** Is this event, found under one of the keys, meant for the sensor? */
  matches(sensor: DefinedSensor, event: E): boolean;
  /** An event for a dry run when none has happened yet; null: the sensor needs none. */
  exampleEvent(sensor: DefinedSensor, at: number): E | null;
  /** When it starts its runs, e.g. "when gold/orders is materialized". */
  runsWhen(sensor: ManifestSensor): string;
}

/** Up to three names, or the first two and how many more. */
export function someOf(names: readonly string[]): string {
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}

/** A type of event that a sensor's function sees. */
export interface SensorEventType<E> {
  /** For a list of runs, without a full stop, e.g. "gold/orders was materialized by run …019a0c41". */
  sentence(event: E): string;
  /** For the page of a tick, e.g. "gold/orders was materialized (partition 2025-01-01) by run 019a0c41". */
  detail(event: E): string;
  /** Keys under which watchers of the event are found. */
  watchedAs(event: E): readonly string[];
  /** The event without what may be large. `note` stands where a text was. */
  shortened(event: E, note: string): E;
}

/** The end of a detail about a partition. */
export function partitionSuffix(partition: string | null): string {
  return partition === null ? "" : ` (partition ${partition})`;
}
