/** What a kind of sensor and a type of event say about themselves. Everything that treats all kinds alike reads these. */
import type { z } from "zod";

/** The values of the fields that a kind adds to the sensors of a manifest. */
export type FieldsOf<S extends () => z.ZodRawShape> = z.output<z.ZodObject<ReturnType<S>>>;
/** An event as its schema describes it. */
export type EventOf<S extends () => z.ZodType> = z.output<ReturnType<S>>;

/** The code location that defines a sensor. */
interface Located {
  readonly location: string;
}

/** A kind of sensor; `F` are its fields in the manifest, `E` is the event that wakes it. */
export interface SensorKind<F, E> {
  /** As people call it, e.g. "run status sensor". */
  readonly label: string;
  /** What it watches, for the index of watchers: an event looks under the keys of its type. Empty: only its interval or its address wakes it. */
  watches(sensor: F): readonly string[];
  /** Is this event, found under one of the keys, meant for the sensor? `locations`: the code locations that took part in it. */
  matches(sensor: F & Located, event: E, locations: readonly string[]): boolean;
  /** An event for a dry run when none has happened yet; null: the sensor needs none. */
  exampleEvent(sensor: F & Located, at: number): E | null;
  /** When it starts its runs, e.g. "when gold/orders is materialized". */
  runsWhen(sensor: F): string;
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
  /** What an event says where a test leaves it out. The test has to say the rest. */
  readonly defaults: Partial<E>;
}

/** The end of a detail about a partition. */
export function partitionSuffix(partition: string | null): string {
  return partition === null ? "" : ` (partition ${partition})`;
}
