/** A webhook sensor is woken when another system calls its address. */
import { z } from "zod";
import type { SensorEventType, SensorKind } from "./sensor-kind.ts";

export const webhookEventSchema = z.object({
  type: z.literal("webhook"),
  /** The control plane's id of the delivery. */
  delivery: z.string(),
  method: z.string(),
  headers: z.record(z.string(), z.string()),
  query: z.record(z.string(), z.string()),
  /** Parsed when it is JSON, otherwise text. */
  body: z.unknown(),
  at: z.number(),
});
export type WebhookEvent = z.infer<typeof webhookEventSchema>;

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
