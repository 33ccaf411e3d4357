/** Records attempts to send: a delivered message is deleted, a failed one waits longer each time and ends as a dead letter. */
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { clearTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import type { SendResult } from "./destination.ts";
import { MAX_WAIT_MS, planSending } from "./enqueue.ts";
import { deleteMessages, nextSendAt, readMessage, type StoredMessage, updateMessage } from "./outbox-store.ts";

/** With the waits below, about half a day. */
export const MAX_ATTEMPTS = 20;
const WAIT = { firstMs: 1_000, maxMs: MAX_WAIT_MS, leastShare: 0.5 };
const MAX_ERROR_CHARACTERS = 2_000;

export interface Attempt {
  readonly message: StoredMessage;
  readonly result: SendResult;
}

export function settleAttempts(tx: Tx, attempts: readonly Attempt[]): void {
  const delivered = attempts.filter(({ result }) => result.outcome === "delivered");
  deleteMessages(
    tx.db,
    delivered.map(({ message }) => message.no),
  );
  for (const { message, result } of attempts) if (result.outcome === "failed") settleFailure(tx, message, result);
  if (nextSendAt(tx.db) === null) clearTimer(tx.db, "outbox", "");
  else planSending(tx);
}

function settleFailure(tx: Tx, { key }: StoredMessage, result: Extract<SendResult, { outcome: "failed" }>): void {
  const message = readMessage(tx.db, key);
  // A person removed the message while it was being sent.
  if (message === null) return;
  const attempts = message.attempts + 1;
  const isDead = result.isPermanent === true || attempts >= MAX_ATTEMPTS;
  const wait = Math.min(MAX_WAIT_MS, Math.max(result.retryAfterMs ?? 0, backoffMs(message.attempts, tx.random(), WAIT)));
  updateMessage(tx.db, {
    no: message.no,
    attempts,
    nextAt: isDead ? null : tx.now + wait,
    deadAt: isDead ? tx.now : null,
    error: result.reason.slice(0, MAX_ERROR_CHARACTERS),
  });
  if (isDead) tx.fact({ type: "outbox_changed" });
}
