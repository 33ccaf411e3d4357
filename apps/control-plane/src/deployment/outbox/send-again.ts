/** Commands on dead letters: send again and remove. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { Tx } from "../kernel/tx.ts";
import { planSending } from "./enqueue.ts";
import { deleteMessages, readMessage, type StoredMessage, updateMessage } from "./outbox-store.ts";

/** Sends a message again with the same key and a full set of attempts. A message that still waits is sent now. */
export function sendAgain(tx: Tx, key: string): Result<StoredMessage> {
  const message = readMessage(tx.db, key);
  if (!message) return unknownMessage(key);
  const next = { ...message, attempts: 0, nextAt: tx.now, deadAt: null };
  updateMessage(tx.db, next);
  tx.fact({ type: "outbox_changed" });
  planSending(tx);
  return ok(next);
}

export function removeMessage(tx: Tx, key: string): Result<StoredMessage> {
  const message = readMessage(tx.db, key);
  if (!message) return unknownMessage(key);
  if (message.deadAt === null) return refuse("conflict", `Message ${key} still waits to be sent. Only a dead letter can be removed.`);
  deleteMessages(tx.db, [message.no]);
  tx.fact({ type: "outbox_changed" });
  return ok(message);
}

function unknownMessage(key: string): Result<never> {
  return refuse("not_found", `There is no message ${key}. It was delivered or removed.`);
}
