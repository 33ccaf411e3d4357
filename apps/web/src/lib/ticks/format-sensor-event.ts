/** Describes the event that triggered a sensor. Pure. */
import { shortRunId } from "@headgate/shared/ids.ts";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { SensorEvent } from "@headgate/shared/sensor/sensor-event.ts";

export function formatSensorEvent(event: SensorEvent): string {
  switch (event.type) {
    case "asset":
      return `${event.asset} was materialized${partitionOf(event.partition)}${event.run === null ? ", reported externally" : ` by run ${shortRunId(event.run)}`}`;
    case "assets":
      return `All of ${event.events.map(({ asset }) => asset).join(", ")} were materialized`;
    case "run":
      return `Run ${shortRunId(event.run)}${event.job === null ? "" : ` of ${event.job}`} ${event.status}${event.message === null ? "" : `: ${event.message}`}`;
    case "check":
      return `Check ${event.check} of ${event.asset}${partitionOf(event.partition)} ${event.outcome}`;
    case "webhook":
      return `Webhook delivery (${event.method})`;
    default:
      return assertNever(event);
  }
}

function partitionOf(partition: string | null): string {
  return partition === null ? "" : ` (partition ${partition})`;
}
