/** Runs work inside a transaction so that a refusal or an exception leaves nothing behind: no rows, effects, facts or transaction state. */
import type { Result } from "@headgate/shared/domain/errors.ts";
import { forgetUndone } from "./database.ts";
import type { Tx } from "./tx.ts";
import { saveStates } from "./tx-state.ts";

class Refused<T> extends Error {
  readonly result: Result<T>;

  constructor(result: Result<T>) {
    super("refused");
    this.result = result;
  }
}

export function runInSavepoint<T>(tx: Tx, storage: Pick<DurableObjectStorage, "transactionSync">, work: () => Result<T>): Result<T> {
  const effects = tx.effects.length;
  const facts = tx.facts.length;
  const restoreStates = saveStates(tx.states);
  try {
    return storage.transactionSync(() => {
      const result = work();
      // Only an exception makes the storage roll back.
      if (!result.ok) throw new Refused(result);
      return result;
    });
  } catch (error) {
    forgetUndone(tx.db, "savepoint");
    tx.effects.length = effects;
    tx.facts.length = facts;
    restoreStates();
    if (error instanceof Refused) return error.result;
    throw error;
  }
}
