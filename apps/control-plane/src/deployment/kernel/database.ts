/** The database handle that every store function takes: typed queries for pages, raw SQL and JSON batches for hot paths. */
import { drizzle, type DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";

export interface Database {
  readonly orm: DrizzleSqliteDODatabase;
  readonly sql: SqlStorage;
  /** Built queries by name; see `prepared`. */
  readonly built: Map<string, unknown>;
}

/** Building a typed query costs several times as much as running it. Queries of hot paths are built once, with placeholders. */
export function prepared<T>(db: Database, name: string, build: (orm: Database["orm"]) => T): T {
  const known = db.built.get(name) as T | undefined;
  if (known !== undefined) return known;
  const query = build(db.orm);
  db.built.set(name, query);
  return query;
}

/** A parameter may hold 2 MB; half of that leaves space for the copy that the engine makes of the JSON. */
const MAX_BATCH_BYTES = 900_000;
const MAX_BATCH_ROWS = 2_000;
/** The largest text in one row, below the platform's limit of 2 MB. */
export const MAX_ROW_BYTES = 1_900_000;

export function openDatabase(storage: DurableObjectStorage): Database {
  return { orm: drizzle(storage, { casing: "snake_case" }), sql: storage.sql, built: new Map() };
}

/** Runs the statement once per batch of rows. It reads the rows from `json_each(?1)`; further values are `?2`, `?3`... */
export function execBatches(
  db: Database,
  statement: string,
  input: { readonly rows: readonly unknown[]; readonly values?: readonly SqlStorageValue[] },
): void {
  for (const batch of jsonBatches(input.rows)) db.sql.exec(statement, batch, ...(input.values ?? []));
}

function* jsonBatches(rows: readonly unknown[]): Generator<string> {
  let parts: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    if (parts.length > 0 && (bytes + text.length > MAX_BATCH_BYTES || parts.length >= MAX_BATCH_ROWS)) {
      yield `[${parts.join(",")}]`;
      parts = [];
      bytes = 0;
    }
    parts.push(text);
    bytes += text.length;
  }
  if (parts.length > 0) yield `[${parts.join(",")}]`;
}

/** The value of a nullable JSON column. */
export function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** A value that is computed from the tables. It must never be ahead of them, so a rollback forgets it. */
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
