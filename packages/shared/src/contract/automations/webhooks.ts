/** Webhooks of sensors: their address, secrets and deliveries. A sender delivers to `POST /hooks/:id`. */
import { z } from "zod";
import { cursorSchema, idSchema, limitSchema, nameSchema } from "../fields.ts";
import { command, query } from "../procedure.ts";
import { pageOf } from "../view.ts";
import {
  deliveryDetailSchema,
  deliveryStateSchema,
  deliverySummarySchema,
  webhookSecretSchema,
  webhookViewSchema,
} from "./webhook-views.ts";

const ref = { location: nameSchema, sensor: nameSchema };
const webhook = z.object(ref);
const delivery = z.object({ id: idSchema });

export const webhookProcedures = {
  "webhooks.get": query({
    scope: "deployment",
    role: "viewer",
    summary: "The webhook of a sensor. The address of one that verifies nothing is shown from the role editor upwards.",
    input: webhook,
    output: webhookViewSchema,
  }),
  "webhooks.deliveries": query({
    scope: "deployment",
    role: "viewer",
    summary: "Deliveries of a webhook, newest first.",
    input: z.object({
      ...ref,
      states: z.array(deliveryStateSchema).optional(),
      cursor: cursorSchema,
      limit: limitSchema.default(50),
    }),
    output: pageOf(deliverySummarySchema),
  }),
  "webhooks.delivery": query({
    scope: "deployment",
    role: "editor",
    summary: "One delivery as it came, without credentials.",
    input: delivery,
    output: deliveryDetailSchema,
  }),
  "webhooks.setEnabled": command({
    scope: "deployment",
    role: "editor",
    summary: "Turns a webhook on or off.",
    input: z.object({ ...ref, enabled: z.boolean() }),
    output: webhookViewSchema,
    audit: { target: ({ location }) => location },
  }),
  "webhooks.replay": command({
    scope: "deployment",
    role: "editor",
    summary: "Handles a stored delivery again, as if it came now. Its run keys still make no second run.",
    input: delivery,
    output: deliverySummarySchema,
    audit: { target: ({ id }) => id },
  }),
  "webhooks.rotateSecret": command({
    scope: "deployment",
    role: "admin",
    summary: "Makes a new secret; when there were two, the older one becomes invalid.",
    input: webhook,
    output: webhookSecretSchema,
    audit: { target: ({ location }) => location },
  }),
  "webhooks.revokeSecret": command({
    scope: "deployment",
    role: "admin",
    summary: "Makes a secret invalid at once.",
    input: z.object({ ...ref, secret: idSchema }),
    output: webhookViewSchema,
    audit: { target: ({ location }) => location },
  }),
};
