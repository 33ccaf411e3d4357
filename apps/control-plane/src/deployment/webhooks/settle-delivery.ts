/** What became of stored deliveries: written when the tick that handled them ends. */
import type { TickState } from "@headgate/shared/api/automation-views.ts";
import type { SensorEvent } from "@headgate/shared/protocol/sensor-event.ts";
import { updateDelivery } from "./delivery-store.ts";
import type { Tx } from "../kernel/tx.ts";

export interface HandledDeliveries {
  /** Null: there was none. */
  readonly tick: string | null;
  /** Their ids. */
  readonly deliveries: readonly string[];
  readonly runs: readonly string[];
  readonly state: Exclude<TickState, "open">;
  readonly message: string | null;
}

export function deliveriesHandled(tx: Tx, { deliveries, ...end }: HandledDeliveries): void {
  for (const id of deliveries) updateDelivery(tx.db, id, end);
}

export function deliveriesOf(events: readonly SensorEvent[]): string[] {
  return events.flatMap((event) => (event.type === "webhook" ? [event.delivery] : []));
}
