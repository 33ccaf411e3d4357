/** The ids of the webhook deliveries among events. */
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";

export function deliveriesOf(events: readonly SensorEvent[]): string[] {
  return events.flatMap((event) => (event.type === "webhook" ? [event.delivery] : []));
}
