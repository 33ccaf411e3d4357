/** State that lives during one transaction, such as open rows that are written back together. Each user defines its own kind. */

export interface TxStateDefinition<T> {
  readonly make: () => T;
  /** Copies the value for a savepoint. Returns the function that restores it. */
  readonly save: (value: T) => () => void;
}

/** Values by their definition. */
export type TxStates = Map<TxStateDefinition<unknown>, unknown>;

/** Returns the function that restores every state. */
export function saveStates(states: TxStates): () => void {
  const restores = [...states].map(([definition, value]) => definition.save(value));
  const known = new Set(states.keys());
  return () => {
    for (const definition of states.keys()) if (!known.has(definition)) states.delete(definition);
    for (const restore of restores) restore();
  };
}
