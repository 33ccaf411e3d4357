/** All types of events that wake sensors. A new one is a line in the schema and one in the table. */
import { z } from "zod";
import { assetEvent, assetEventSchema, assetsEvent, assetsEventSchema } from "./asset.ts";
import { checkEvent, checkEventSchema } from "./check.ts";
import { runEvent, runEventSchema } from "./run-status.ts";
import type { SensorEventType } from "./sensor-kind.ts";
import { webhookEvent, webhookEventSchema } from "./webhook.ts";

export const sensorEventSchema = z.discriminatedUnion("type", [
  assetEventSchema,
  assetsEventSchema,
  runEventSchema,
  checkEventSchema,
  webhookEventSchema,
]);
export type SensorEvent = z.infer<typeof sensorEventSchema>;

type EventTypes = { readonly [T in SensorEvent["type"]]: SensorEventType<Extract<SensorEvent, { type: T }>> };

const EVENT_TYPES: EventTypes = { asset: assetEvent, assets: assetsEvent, run: runEvent, check: checkEvent, webhook: webhookEvent };

function typeOf(event: SensorEvent): SensorEventType<SensorEvent> {
  return EVENT_TYPES[event.type];
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
