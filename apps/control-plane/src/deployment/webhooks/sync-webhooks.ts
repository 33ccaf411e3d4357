/** Every sensor with a webhook has an address, which stays the same over versions, also when the sensor was gone for a while. */
import { hookOfSensor, insertHook } from "./webhook-store.ts";
import type { Turn } from "../kernel/tx.ts";

export function syncHooks(turn: Turn): void {
  for (const sensor of turn.catalog().sensors) {
    if (!sensor.webhook || hookOfSensor(turn.db, { location: sensor.location, sensor: sensor.name })) continue;
    insertHook(turn.db, {
      id: turn.newId("hook"),
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
