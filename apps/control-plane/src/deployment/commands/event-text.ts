/** What woke a sensor, as a sentence: it stands with each run that follows from it. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { shortRunId } from "@headgate/shared/format/run-id.ts";
import type { SensorEvent } from "@headgate/shared/protocol/sensor-event.ts";

export function eventsText(events: readonly SensorEvent[]): string | undefined {
  const [first, ...others] = events;
  if (!first) return undefined;
  return others.length === 0 ? eventText(first) : `${eventText(first)}, and ${others.length} more`;
}

export function eventText(event: SensorEvent): string {
  switch (event.type) {
    case "asset":
      return `${event.asset}${event.partition === null ? "" : ` (${event.partition})`} was ${event.run === null ? "reported as materialized" : `materialized by run …${shortRunId(event.run)}`}`;
    case "assets": {
      const [first, ...others] = event.events.map(({ asset }) => asset);
      return `all of ${first ?? "nothing"}${others.length > 0 ? ` and ${others.length} more` : ""} were materialized`;
    }
    case "run":
      return `run …${shortRunId(event.run)}${event.job === null ? "" : ` of ${event.job}`} ${event.status === "canceled" ? "was canceled" : event.status}`;
    case "check":
      return `check ${event.check} of ${event.asset} ${event.outcome}`;
    case "webhook":
      return `webhook delivery ${event.delivery}`;
    default:
      return assertNever(event);
  }
}
