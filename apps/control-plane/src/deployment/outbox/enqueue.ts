/** Stores a message in the same transaction as the change that it is about, so that neither exists without the other. */
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import type { DestinationName } from "./destination.ts";
import { countWaiting, insertMessage, nextSendAt } from "./outbox-store.ts";

/** The most waiting messages, so that a receiver that is down for days does not fill the database. Further messages become dead letters. */
export const MAX_WAITING = 10_000;

export interface NewMessage {
  readonly destination: DestinationName;
  readonly topic: string;
  readonly body: unknown;
}

export function enqueue(tx: Tx, message: NewMessage): void {
  const isFull = countWaiting(tx.db) >= MAX_WAITING;
  insertMessage(tx.db, {
    key: tx.newId("msg"),
    destination: message.destination,
    topic: message.topic,
    body: JSON.stringify(message.body),
    createdAt: tx.now,
    attempts: 0,
    nextAt: isFull ? null : tx.now,
    deadAt: isFull ? tx.now : null,
    error: isFull ? `${MAX_WAITING} messages already wait to be sent. Send this one again when the others are sent.` : null,
  });
  if (isFull) tx.fact({ type: "outbox_changed" });
  planSending(tx);
}

/** Sets one timer for all messages, to the time of the first. */
export function planSending(tx: Tx): void {
  const at = nextSendAt(tx.db);
  if (at === null) return;
  // If the sending after this transaction does not finish, the timer starts it again.
  setTimer(tx.db, { kind: "outbox", id: "", at: Math.max(at, tx.now) });
  tx.effects.push({ type: "timers_changed" });
  if (at <= tx.now) tx.fact({ type: "outbox_due" });
}
