/** A webhook sensor is woken when another system calls its address. */
import { z } from "zod";
import { webhookSchema } from "../manifest/automation.ts";
import type { EventOf, FieldsOf, SensorEventType, SensorKind } from "./sensor-kind.ts";

export const webhookFields = () => ({
  /** Needed by a webhook sensor; a polling sensor with it is also evaluated when a delivery comes. */
  webhook: webhookSchema.optional(),
});

export const webhookEventSchema = () =>
  z.object({
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
type WebhookEvent = EventOf<typeof webhookEventSchema>;

export const webhookEvent = {
  sentence: ({ delivery }) => `webhook delivery ${delivery}`,
  detail: ({ method }) => `Webhook delivery (${method})`,
  // The address says which sensor a delivery is for.
  watchedAs: () => [],
  shortened: (event, note) => ({ ...event, headers: {}, query: {}, body: note }),
  defaults: { delivery: "delivery", method: "POST", headers: {}, query: {} },
} satisfies SensorEventType<WebhookEvent>;

export const webhookSensor: SensorKind<FieldsOf<typeof webhookFields>, WebhookEvent> = {
  label: "webhook sensor",
  watches: () => [],
  matches: () => false,
  exampleEvent: (_sensor, at) => ({ ...webhookEvent.defaults, type: "webhook", delivery: "dry-run", body: null, at }),
  runsWhen: () => "on each webhook delivery",
};
