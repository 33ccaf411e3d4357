/** Gives every sensor with a webhook an address. The address stays the same in later versions, even if the sensor was gone for a while. */
import { webhookOfSensor, insertWebhook, webhookIds } from "./webhook-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { catalogOf } from "../catalog/catalog.ts";

export function syncWebhooks(tx: Tx): void {
  for (const sensor of catalogOf(tx).sensors) {
    if (!sensor.webhook || webhookOfSensor(tx.db, { location: sensor.location, sensor: sensor.name })) continue;
    insertWebhook(tx.db, {
      id: tx.newId("hook"),
      location: sensor.location,
      sensor: sensor.name,
      enabled: 1,
      refused: 0,
      lastRefusedAt: null,
      refusals: [],
      storedBytes: 0,
    });
  }
  const ids = webhookIds(tx.db);
  if (ids.length > 0) tx.fact({ type: "webhooks_activated", ids });
}
