/** What webhooks and their deliveries look like. */
import { z } from "zod";
import { webhookSchema } from "../../manifest/automation.ts";
import { view, type View } from "../view.ts";

export const webhookViewSchema = view(
  "WebhookView",
  z.object({
    /** A part of the path, and null where that is. */
    id: z.string().nullable(),
    location: z.string(),
    sensor: z.string(),
    /**
     * Append it to the control plane's address. `WebhookSecret.url` is the address with a secret in it. Null for people below the role
     * editor when nothing but the address protects the webhook.
     */
    path: z.string().nullable(),
    verify: webhookSchema.shape.verify,
    enabled: z.boolean(),
    /** At most two are valid at the same time, so that a sender can be changed over. Oldest first. The secret itself is shown once. */
    secrets: z.array(z.object({ id: z.string(), createdAt: z.number(), createdBy: z.string(), lastUsedAt: z.number().nullable() })),
    /** Deliveries refused because of their signature, secret or body. */
    refused: z.number(),
    lastRefusedAt: z.number().nullable(),
    /** The latest refused deliveries, newest first, at most ten. */
    refusals: z.array(z.object({ at: z.number(), reason: z.string() })),
  }),
);
export type WebhookView = View<typeof webhookViewSchema>;

/** The answer of the one call that makes a secret. */
export const webhookSecretSchema = view(
  "WebhookSecret",
  z.object({
    hook: webhookViewSchema,
    secret: z.string(),
    /** The path with the secret, for senders that can set no header; null where the secret is no part of it. */
    url: z.string().nullable(),
  }),
);
export type WebhookSecret = View<typeof webhookSecretSchema>;

export const deliveryStateSchema = z.enum(["pending", "requested", "skipped", "failed"]);
export type DeliveryState = View<typeof deliveryStateSchema>;

export const deliverySummarySchema = view(
  "DeliverySummary",
  z.object({
    id: z.string(),
    /** The sender's id, which tells repeated deliveries. */
    senderId: z.string().nullable(),
    at: z.number(),
    state: deliveryStateSchema,
    bytes: z.number(),
    /** How often the sender sent it. */
    received: z.number(),
    tick: z.string().nullable(),
    runs: z.array(z.string()),
    message: z.string().nullable(),
  }),
);
export type DeliverySummary = View<typeof deliverySummarySchema>;

export const deliveryDetailSchema = view(
  "DeliveryDetail",
  deliverySummarySchema.extend({
    method: z.string(),
    headers: z.record(z.string(), z.string()),
    query: z.record(z.string(), z.string()),
    body: z.string(),
  }),
);
export type DeliveryDetail = View<typeof deliveryDetailSchema>;
