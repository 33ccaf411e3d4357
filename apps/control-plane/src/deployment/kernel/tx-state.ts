/** What a room remembers during one transaction, such as open rows that are written back together. The kernel does not know what it is. */
import type { Tx } from "./tx.ts";

export interface TxStateDefinition<T> {
  readonly make: () => T;
  /** Copies what a savepoint must be able to bring back. Returns the function that brings it back. */
  readonly save: (value: T) => () => void;
}

/** Values by the definition they belong to. */
export type TxStates = Map<TxStateDefinition<unknown>, unknown>;

/** The function that finds a transaction's value; it is made at the first call. */
export function txState<T>(definition: TxStateDefinition<T>): (tx: Pick<Tx, "states">) => T {
  const key = definition as TxStateDefinition<unknown>;
  return (tx) => {
    if (!tx.states.has(key)) tx.states.set(key, definition.make());
    return tx.states.get(key) as T;
  };
}

/** Returns the function that brings every state back to what it is now. */
export function saveStates(states: TxStates): () => void {
  const restores = [...states].map(([definition, value]) => definition.save(value));
  const known = new Set(states.keys());
  return () => {
    for (const definition of states.keys()) if (!known.has(definition)) states.delete(definition);
    for (const restore of restores) restore();
  };
}
