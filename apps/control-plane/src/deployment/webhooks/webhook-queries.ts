/** Queries about webhooks and their deliveries. Answers never contain secrets. */
import type { DeliveryDetail, DeliverySummary, WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { type FoundWebhook, webhookNamed } from "./find-webhook.ts";
import { type DeliveryHead, listDeliveries, readDelivery } from "./delivery-store.ts";
import { type WebhookPlace, webhookOfSensor, secretsOf } from "./webhook-store.ts";
import { numberOfCursor } from "../kernel/page-cursor.ts";
import type { Reader } from "../kernel/reader.ts";

export function webhookQuery(reader: Reader, input: InputOf<"webhooks.get">): Result<WebhookView> {
  const found = webhookNamed(reader, input);
  return found.ok ? ok(webhookView(reader, found.value)) : found;
}

/** The webhook for the page of a sensor; null if the sensor has none. */
export function webhookOf(reader: Reader, at: WebhookPlace): WebhookView | null {
  const found = webhookNamed(reader, at);
  return found.ok ? webhookView(reader, found.value) : null;
}

export function webhookView(reader: Pick<Reader, "db">, { row, spec }: FoundWebhook): WebhookView {
  return {
    id: row.id,
    location: row.location,
    sensor: row.sensor,
    path: webhookPath(row.id),
    verify: spec.verify,
    enabled: row.enabled === 1,
    secrets: secretsOf(reader.db, row.id).map(({ id, createdAt, createdBy, lastUsedAt }) => ({ id, createdAt, createdBy, lastUsedAt })),
    refused: row.refused,
    lastRefusedAt: row.lastRefusedAt,
    refusals: row.refusals,
  };
}

export function webhookPath(id: string): string {
  return `/hooks/${id}`;
}

export function deliveriesQuery(reader: Reader, input: InputOf<"webhooks.deliveries">): Result<Page<DeliverySummary>> {
  const hook = webhookOfSensor(reader.db, input);
  if (!hook) return refuse("not_found", `The sensor '${input.sensor}' of code location ${input.location} has never had a webhook.`);
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const found = listDeliveries(reader.db, { hook: hook.id, states: input.states, before: before.value, limit: input.limit + 1 });
  const items = found.slice(0, input.limit);
  return ok({ items: items.map(deliverySummary), next: found.length > input.limit ? String(items.at(-1)?.no) : null });
}

export function deliveryQuery(reader: Reader, input: InputOf<"webhooks.delivery">): Result<DeliveryDetail> {
  const row = readDelivery(reader.db, input.id);
  if (!row) return refuse("not_found", `There is no delivery '${input.id}'; old ones are removed.`);
  return ok({ ...deliverySummary(row), method: row.method, headers: row.headers, query: row.query, body: row.body });
}

export function deliverySummary(row: DeliveryHead): DeliverySummary {
  const { id, senderId, at, state, bytes, received, tick, runs, message } = row;
  return { id, senderId, at, state, bytes, received, tick, runs, message };
}
