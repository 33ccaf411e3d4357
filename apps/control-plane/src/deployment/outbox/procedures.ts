/** Procedures about messages of the outbox. */
import type { OutgoingMessageView } from "@headgate/shared/contract/outbox.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { numberOfCursor } from "../kernel/page-cursor.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";
import type { Reader } from "../kernel/reader.ts";
import { listMessages, type StoredMessage } from "./outbox-store.ts";
import { removeMessage, sendAgain } from "./send-again.ts";

export const outboxProcedures: ProceduresOf<"outbox"> = {
  "outbox.list"(reader, { state, cursor, limit }) {
    const before = numberOfCursor(cursor);
    if (!before.ok) return before;
    const found = listMessages(reader.db, { dead: state === "dead", before: before.value, limit: limit + 1 });
    const items = found.slice(0, limit);
    return ok({ items: items.map(messageView), next: found.length > limit ? String(items.at(-1)?.no) : null });
  },
  "outbox.sendAgain": (tx, { key }) => answered(sendAgain(tx, key)),
  "outbox.remove": (tx, { key }) => answered(removeMessage(tx, key)),
};

/** The message as it is after the command; it may be delivered and gone when the answer arrives. */
function answered(changed: Result<StoredMessage>): Result<(reader: Reader) => OutgoingMessageView> {
  return changed.ok ? ok(() => messageView(changed.value)) : changed;
}

function messageView({ key, destination, topic, body, createdAt, attempts, nextAt, deadAt, error }: StoredMessage): OutgoingMessageView {
  return { key, destination, topic, body, createdAt, attempts, nextAt, deadAt, error };
}
