/** Work inside a transaction that leaves nothing behind when it refuses or throws: neither rows nor effects nor changed runs. */
import type { Result } from "@headgate/shared/domain/errors.ts";
import type { RunSession } from "../runs/run-session.ts";
import { forgetCaches } from "./forget-caches.ts";
import type { Tx } from "./tx.ts";

class Refused<T> extends Error {
  readonly result: Result<T>;

  constructor(result: Result<T>) {
    super("refused");
    this.result = result;
  }
}

export function savepointIn<T>(tx: Tx, storage: Pick<DurableObjectStorage, "transactionSync">, work: () => Result<T>): Result<T> {
  const before = {
    effects: tx.effects.length,
    ended: tx.ended.length,
    dispatch: tx.atEnd.dispatch,
    next: tx.sequence.next,
    runs: [...tx.runs].map(([no, session]) => ({
      no,
      session,
      kept: { ...session, row: { ...session.row }, events: session.events.length },
    })),
  };
  try {
    return storage.transactionSync(() => {
      const result = work();
      // Only an exception rolls back.
      if (!result.ok) throw new Refused(result);
      return result;
    });
  } catch (error) {
    forgetCaches(tx.db);
    tx.effects.length = before.effects;
    tx.ended.length = before.ended;
    tx.atEnd.dispatch = before.dispatch;
    tx.sequence.next = before.next;
    tx.runs.clear();
    for (const { no, session, kept } of before.runs) tx.runs.set(no, restored(session, kept));
    if (error instanceof Refused) return error.result;
    throw error;
  }
}

/** The same object, because others hold it. */
function restored(
  session: RunSession,
  kept: { readonly row: RunSession["row"]; readonly events: number; readonly changed: boolean },
): RunSession {
  Object.assign(session.row, kept.row);
  session.events.length = kept.events;
  session.changed = kept.changed;
  return session;
}
