/** A polling sensor is evaluated at an interval, and at deliveries if it has a webhook. */
import { formatSpan } from "../format/duration.ts";
import type { WebhookEvent } from "./event-schema.ts";
import type { SensorKind } from "./sensor-kind.ts";

export const pollingSensor: SensorKind<WebhookEvent> = {
  label: "polling sensor",
  watches: () => [],
  matches: () => false,
  exampleEvent: () => null,
  runsWhen: ({ intervalSeconds, webhook }) =>
    `every ${formatSpan(intervalSeconds * 1000)}${webhook ? " and on each webhook delivery" : ""}`,
};
