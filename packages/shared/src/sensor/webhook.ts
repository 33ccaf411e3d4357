/** A webhook sensor is woken when another system calls its address. */
import type { WebhookEvent } from "./event-schema.ts";
import type { SensorEventType, SensorKind } from "./sensor-kind.ts";

export const webhookEvent: SensorEventType<WebhookEvent> = {
  sentence: ({ delivery }) => `webhook delivery ${delivery}`,
  detail: ({ method }) => `Webhook delivery (${method})`,
  // The address says which sensor a delivery is for.
  watchedAs: () => [],
  shortened: (event, note) => ({ ...event, headers: {}, query: {}, body: note }),
};

export const webhookSensor: SensorKind<WebhookEvent> = {
  label: "webhook sensor",
  watches: () => [],
  matches: () => false,
  exampleEvent: (_sensor, at) => ({ type: "webhook", delivery: "dry-run", method: "POST", headers: {}, query: {}, body: null, at }),
  runsWhen: () => "on each webhook delivery",
};
