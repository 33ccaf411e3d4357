/** What can be asked about an event that wakes sensors; each type answers in its row of `sensor-table.ts`. */
import type { SensorEvent } from "./event-schema.ts";
import type { SensorEventType } from "./sensor-kind.ts";
import { EVENT_TYPES } from "./sensor-table.ts";

type EventTypes = { readonly [T in SensorEvent["type"]]: SensorEventType<Extract<SensorEvent, { type: T }>> };

function typeOf(event: SensorEvent): SensorEventType<SensorEvent> {
  const types: EventTypes = EVENT_TYPES;
  return types[event.type];
}

/** One sentence without a full stop. */
export function sensorEventSentence(event: SensorEvent): string {
  return typeOf(event).sentence(event);
}

/** The event as the page of its tick shows it. */
export function sensorEventDetail(event: SensorEvent): string {
  return typeOf(event).detail(event);
}

/** The first event, and how many more; undefined without events. */
export function sensorEventsSentence(events: readonly SensorEvent[]): string | undefined {
  const [first, ...others] = events;
  if (!first) return undefined;
  return others.length === 0 ? sensorEventSentence(first) : `${sensorEventSentence(first)}, and ${others.length} more`;
}

/** Keys under which watchers of the event are found; see `SensorKind.watches`. */
export function watchedAs(event: SensorEvent): readonly string[] {
  return typeOf(event).watchedAs(event);
}

/** The event without what may be large; `note` stands where a text was. */
export function shortenedEvent(event: SensorEvent, note: string): SensorEvent {
  return typeOf(event).shortened(event, note);
}
