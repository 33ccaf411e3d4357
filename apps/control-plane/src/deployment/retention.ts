/** Forgets what is kept only for a while, in bounded slices; a timer of the kind `retention` names what is to be looked at. */
import { KEEP_DELIVERIES_MS } from "./webhooks/webhook-limits.ts";
import { deleteDeliveries, oldDeliveries, oldestDeliveryAt } from "./webhooks/delivery-store.ts";
import { addStoredBytes } from "./webhooks/webhook-store.ts";
import { ensureTimer, setTimer, type Timer } from "./kernel/timer-store.ts";
import type { Turn } from "./kernel/tx.ts";

const SLICE = 500;
/** Deliveries come all day; they need not each go to the second. */
const LOOK_AGAIN_MS = 3_600_000;

const DELIVERIES = { kind: "retention", id: "deliveries" } as const;

export function fireRetention(turn: Turn, timer: Timer): void {
  if (timer.id === DELIVERIES.id) pruneDeliveries(turn);
}

export function planRetention(turn: Turn): void {
  ensureTimer(turn.db, { ...DELIVERIES, at: turn.now + KEEP_DELIVERIES_MS });
  turn.effects.push({ type: "timers_changed" });
}

function pruneDeliveries(turn: Turn): void {
  const old = oldDeliveries(turn.db, { before: turn.now - KEEP_DELIVERIES_MS, limit: SLICE });
  deleteDeliveries(
    turn.db,
    old.map((row) => row.id),
  );
  for (const [hook, rows] of Map.groupBy(old, (row) => row.hook))
    addStoredBytes(
      turn.db,
      hook,
      rows.reduce((sum, row) => sum - row.bytes, 0),
    );
  const oldest = oldestDeliveryAt(turn.db);
  if (oldest === null) return;
  const at = old.length === SLICE ? turn.now : Math.max(turn.now + LOOK_AGAIN_MS, oldest + KEEP_DELIVERIES_MS);
  setTimer(turn.db, { ...DELIVERIES, at });
}
