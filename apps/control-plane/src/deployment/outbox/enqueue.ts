/** Stores a message in the same transaction as the change that it is about, so that neither exists without the other. */
import { setTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import type { DestinationName } from "./destination.ts";
import { countWaiting, insertMessage, nextSendAt, pullMessages } from "./outbox-store.ts";

/** The most waiting messages, so that a receiver that was down for days does not get them all at once. Further messages become dead letters. */
export const MAX_WAITING = 10_000;

/** The longest wait between two attempts. */
export const MAX_WAIT_MS = 3_600_000;

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

/** While a message is being sent, its row is still due: then the timer only resumes what a crash interrupted. */
const RESUME_AFTER_MS = 30_000;

/** Sets one timer for all messages, to the time of the first. */
export function planSending(tx: Tx): void {
  const next = nextSendAt(tx.db);
  if (next === null) return;
  const isDue = next <= tx.now;
  if (isDue) tx.fact({ type: "outbox_due" });
  setTimer(tx.db, { kind: "outbox", id: "", at: isDue ? tx.now + RESUME_AFTER_MS : next });
  tx.effects.push({ type: "timers_changed" });
}

/** The time of the first message has come. After the clock was set back, no message waits longer than the longest wait. */
export function fireOutbox(tx: Tx): void {
  pullMessages(tx.db, { now: tx.now, latest: tx.now + MAX_WAIT_MS });
  planSending(tx);
}
