/** Deletes old data in limited slices. The id of a `retention` timer names the data to check. */
import { KEEP_DELIVERIES_MS } from "./webhook-limits.ts";
import { deleteDeliveries, oldDeliveries, oldestDeliveryAt } from "./delivery-store.ts";
import { addStoredBytes } from "./webhook-store.ts";
import { ensureTimer, setTimer, type Timer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";

const SLICE = 500;
/** The shortest interval between two checks; deliveries need not be deleted exactly on time. */
const LOOK_AGAIN_MS = 3_600_000;

const DELIVERIES = { kind: "retention", id: "deliveries" } as const;

export function fireRetention(tx: Tx, timer: Timer): void {
  if (timer.id === DELIVERIES.id) pruneDeliveries(tx);
}

export function planRetention(tx: Tx): void {
  ensureTimer(tx.db, { ...DELIVERIES, at: tx.now + KEEP_DELIVERIES_MS });
  tx.effects.push({ type: "timers_changed" });
}

function pruneDeliveries(tx: Tx): void {
  const old = oldDeliveries(tx.db, { before: tx.now - KEEP_DELIVERIES_MS, limit: SLICE });
  deleteDeliveries(
    tx.db,
    old.map((row) => row.id),
  );
  for (const [hook, rows] of Map.groupBy(old, (row) => row.hook))
    addStoredBytes(
      tx.db,
      hook,
      rows.reduce((sum, row) => sum - row.bytes, 0),
    );
  const oldest = oldestDeliveryAt(tx.db);
  if (oldest === null) return;
  const at = old.length === SLICE ? tx.now : Math.max(tx.now + LOOK_AGAIN_MS, oldest + KEEP_DELIVERIES_MS);
  setTimer(tx.db, { ...DELIVERIES, at });
}
