/** Every sensor with a webhook has an address, which stays the same over versions, also when the sensor was gone for a while. */
import { hookOfSensor, insertHook } from "./webhook-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { catalogOf } from "../catalog/catalog.ts";

export function syncHooks(tx: Tx): void {
  for (const sensor of catalogOf(tx).sensors) {
    if (!sensor.webhook || hookOfSensor(tx.db, { location: sensor.location, sensor: sensor.name })) continue;
    insertHook(tx.db, {
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
}
