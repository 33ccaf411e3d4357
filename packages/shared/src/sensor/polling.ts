/** A polling sensor is evaluated at an interval, and at deliveries if it has a webhook. */
import type { WebhookEvent } from "./webhook.ts";
import type { SensorKind } from "./sensor-kind.ts";

export const pollingSensor: SensorKind<WebhookEvent> = {
  label: "polling sensor",
  watches: () => [],
  matches: () => false,
  exampleEvent: () => null,
  facts: ({ intervalSeconds }) => [{ title: "every", text: `${intervalSeconds} s` }],
};
