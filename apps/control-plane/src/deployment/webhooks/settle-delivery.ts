/** Records the outcome of deliveries when the tick that handled them has ended. */
import type { FactOf } from "../facts.ts";
import type { Tx } from "../kernel/tx.ts";
import { updateDelivery } from "./delivery-store.ts";

export function afterDeliveriesHandled(tx: Tx, facts: readonly FactOf<"deliveries_handled">[]): void {
  for (const { deliveries, tick, runs, state, message } of facts)
    for (const id of deliveries) updateDelivery(tx.db, id, { tick, runs, state, message });
}
