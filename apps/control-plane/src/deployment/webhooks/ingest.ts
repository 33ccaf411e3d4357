/**
 * Stores deliveries of webhooks, once per sender's id, and passes them to the sensor in the same transaction. A declarative mapping makes its
 * run at once; user code gets the delivery in its next tick. `settle-delivery.ts` records the outcome.
 */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { SensorEvent } from "@headgate/shared/sensor/event-schema.ts";
import { MAX_STORED_BYTES } from "./webhook-limits.ts";
import { readAutomation } from "../ticks/automation-store.ts";
import {
  type DeliveryHead,
  deliveryOfContent,
  deliveryOfSender,
  type DeliveryRow,
  insertDelivery,
  readDelivery,
  updateDelivery,
} from "./delivery-store.ts";
import { addStoredBytes, markSecretUsed } from "./webhook-store.ts";
import type { Database } from "../kernel/database.ts";
import type { Tx } from "../kernel/tx.ts";
import { isEnabled } from "../ticks/automation-source.ts";
import { type FoundWebhook, webhookById } from "./find-webhook.ts";
import { planRetention } from "./retention.ts";
import { noteSensorEvent } from "../sensors/sensor-events.ts";

export interface VerifiedDelivery extends Pick<
  DeliveryRow,
  "hook" | "senderId" | "contentId" | "bytes" | "method" | "headers" | "query" | "body"
> {
  /** The id of the secret that verified the delivery. */
  readonly secret: string | null;
}

/** The precision of "last used", so that most deliveries do not write it. */
const LAST_USED_MS = 60_000;

/** The webhook, if it and its sensor are on. Otherwise the sender gets the same answer as for an unknown address. */
export function openWebhook(source: Pick<Tx, "db">, id: string): FoundWebhook | null {
  const found = webhookById(source, id);
  if (!found || found.row.enabled === 0) return null;
  const row = readAutomation(source.db, { location: found.row.location, kind: "sensor", name: found.row.sensor });
  return isEnabled(source, { ...found.sensor, location: found.row.location }, row) ? found : null;
}

export function noWebhook(): Result<never> {
  return refuse("not_found", "there is no webhook at this address, or it is switched off");
}

export function storeDelivery(tx: Tx, input: VerifiedDelivery): Result<{ readonly delivery: string; readonly repeated: boolean }> {
  // The webhook may have been switched off during the verification.
  const found = openWebhook(tx, input.hook);
  if (!found) return noWebhook();
  if (input.secret !== null) markSecretUsed(tx.db, input.secret, { now: tx.now, every: LAST_USED_MS });
  const before = earlierDelivery(tx.db, input);
  if (before) {
    updateDelivery(tx.db, before.id, { received: before.received + 1 });
    return ok({ delivery: before.id, repeated: true });
  }
  if (found.row.storedBytes + input.bytes > MAX_STORED_BYTES)
    return refuse("rate_limited", "this webhook has received more data in the last days than the control plane stores; try again later", {
      retryAfterSeconds: 3600,
    });
  const { secret: _secret, ...row } = input;
  const id = tx.newId("dlv");
  const delivery = { ...row, id, at: tx.now, state: "pending", received: 1, tick: null, runs: [], message: null } as const;
  insertDelivery(tx.db, delivery);
  addStoredBytes(tx.db, input.hook, input.bytes);
  planRetention(tx);
  handOver(tx, found, delivery);
  return ok({ delivery: id, repeated: false });
}

/** A delivery whose id is not signed could be sent again under another id. */
function earlierDelivery(db: Database, { hook, senderId, contentId }: VerifiedDelivery): DeliveryHead | null {
  const ofSender = senderId === null ? null : deliveryOfSender(db, hook, senderId);
  return ofSender ?? (contentId === null ? null : deliveryOfContent(db, hook, contentId));
}

function handOver(tx: Tx, { row }: FoundWebhook, delivery: Omit<DeliveryRow, "no">): void {
  const event: SensorEvent = {
    type: "webhook",
    delivery: delivery.id,
    method: delivery.method,
    headers: { ...delivery.headers },
    query: { ...delivery.query },
    body: bodyOf(delivery.body),
    at: delivery.at,
  };
  noteSensorEvent(tx, { location: row.location, name: row.sensor }, { event, chain: null });
}

/** A body that is not JSON was accepted because the webhook takes text. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Handles a stored delivery as if it had just arrived. */
export function replayDelivery(tx: Tx, id: string): Result<string> {
  const delivery = readDelivery(tx.db, id);
  if (!delivery) return refuse("not_found", `There is no delivery '${id}'; old ones are removed.`);
  // A pending delivery would be handled twice.
  if (delivery.state === "pending") return refuse("conflict", `Delivery '${id}' has not been handled yet. Wait for its tick.`);
  const found = openWebhook(tx, delivery.hook);
  if (!found) return refuse("conflict", "The sensor of this delivery is gone, or it or its webhook is switched off. Switch it on first.");
  updateDelivery(tx.db, id, { state: "pending", tick: null, runs: [], message: null });
  handOver(tx, found, { ...delivery, at: tx.now });
  return ok(id);
}
