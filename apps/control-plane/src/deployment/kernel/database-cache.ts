/** What a room keeps in memory of the tables. All of it can be made again from them, and memory must never be ahead of them. */
import type { Database } from "./database.ts";

export interface DatabaseCache<T> {
  /** Made when it is first asked for. */
  of(db: Database): T;
  /** The tables behind it changed. */
  forget(db: Database): void;
}

/** What may undo the changes that the value was made from. A whole transaction includes its savepoints. */
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

/** A transaction or savepoint was rolled back. */
export function forgetUndone(db: Database, undone: UndoneBy): void {
  for (const { undoneBy, forget } of caches) if (undone === "transaction" || undoneBy === "savepoint") forget(db);
}
