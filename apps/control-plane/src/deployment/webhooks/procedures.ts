/** Procedures about webhooks and their deliveries. */
import type { WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import { AppError, ok, unwrap, type Result } from "@headgate/shared/domain/errors.ts";
import { revokeSecret, rotateSecret, switchWebhook } from "./webhook-secrets.ts";
import { replayDelivery } from "./ingest.ts";
import { deliveriesQuery, deliveryQuery, webhookPath, webhookQuery, deliverySummary } from "./webhook-queries.ts";
import type { Reader } from "../kernel/reader.ts";
import { readDelivery } from "./delivery-store.ts";
import type { WebhookRow } from "./webhook-store.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";

export const webhookProcedures: ProceduresOf<"webhooks"> = {
  "webhooks.get": webhookQuery,
  "webhooks.deliveries": deliveriesQuery,
  "webhooks.delivery": deliveryQuery,
  "webhooks.setEnabled": (tx, { enabled, ...at }) => answered(switchWebhook(tx, { at, enabled })),

  "webhooks.rotateSecret"(tx, at, actor) {
    const made = rotateSecret(tx, { at, by: actor.name });
    if (!made.ok) return made;
    const { row, secret } = made.value;
    return ok((reader) => {
      const hook = viewOf(reader, row);
      return { hook, secret, url: hook.verify === "secret" ? `${webhookPath(row.id)}/${secret}` : null };
    });
  },

  "webhooks.revokeSecret": (tx, { secret, ...at }) => answered(revokeSecret(tx, { at, secret })),

  "webhooks.replay"(tx, input) {
    const replayed = replayDelivery(tx, input.id);
    if (!replayed.ok) return replayed;
    return ok((reader) => {
      const row = readDelivery(reader.db, replayed.value);
      if (!row) throw new AppError("internal", `Delivery ${replayed.value} vanished while it was answered.`);
      return deliverySummary(row);
    });
  },
};

function answered(changed: Result<WebhookRow>): Result<(reader: Reader) => WebhookView> {
  return changed.ok ? ok((reader) => viewOf(reader, changed.value)) : changed;
}

function viewOf(reader: Reader, row: WebhookRow): WebhookView {
  return unwrap(webhookQuery(reader, row));
}
