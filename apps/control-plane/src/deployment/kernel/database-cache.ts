/** Caches values that are computed from the tables. A cache must never be ahead of the tables, so a rollback forgets it. */
import type { Database } from "./database.ts";

export interface DatabaseCache<T> {
  /** The value, computed on first use. */
  of(db: Database): T;
  /** Call when the tables behind the value changed. */
  forget(db: Database): void;
}

/** The rollbacks that make the value invalid: only of a whole transaction, or also to a savepoint. */
type UndoneBy = "transaction" | "savepoint";

const caches: { readonly undoneBy: UndoneBy; readonly forget: (db: Database) => void }[] = [];

export function databaseCache<T>(undoneBy: UndoneBy, make: (db: Database) => T): DatabaseCache<T> {
  const kept = new WeakMap<Database, { readonly value: T }>();
  const cache: DatabaseCache<T> = {
    of(db) {
      const known = kept.get(db);
      if (known) return known.value;
      const value = make(db);
      kept.set(db, { value });
      return value;
    },
    forget: (db) => void kept.delete(db),
  };
  caches.push({ undoneBy, forget: (db) => cache.forget(db) });
  return cache;
}

/** Call when a transaction or savepoint was rolled back. */
export function forgetUndone(db: Database, undone: UndoneBy): void {
  for (const { undoneBy, forget } of caches) if (undone === "transaction" || undoneBy === "savepoint") forget(db);
}
