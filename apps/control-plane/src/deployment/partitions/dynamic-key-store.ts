/** Stores the keys of dynamic partition sets. Each key has a number that is never used again, so that subsets can be stored as ranges of numbers. */
import { type Database, execBatches } from "../kernel/database.ts";
import { readMeta, writeMeta } from "../kernel/meta-store.ts";

export interface StoredKeys {
  /** In the order in which they were added. */
  readonly keys: readonly string[];
  /** The number of each key, ascending. */
  readonly numbers: readonly number[];
}

export function keysOfSet(db: Database, name: string): StoredKeys {
  const keys: string[] = [];
  const numbers: number[] = [];
  for (const row of db.sql.exec<{ key: string; no: number }>("SELECT key, no FROM dynamic_key WHERE name = ? ORDER BY no", name)) {
    keys.push(row.key);
    numbers.push(row.no);
  }
  return { keys, numbers };
}

/** The given keys that exist in the set. */
export function existingKeys(db: Database, name: string, keys: readonly string[]): Set<string> {
  const rows = db.sql.exec<{ key: string }>(
    "SELECT key FROM dynamic_key WHERE name = ? AND key IN (SELECT value FROM json_each(?))",
    name,
    JSON.stringify(keys),
  );
  return new Set([...rows].map((row) => row.key));
}

const NEXT_NUMBER = "dynamic_key_number";

/** Inserts keys that the set does not have yet. Returns them with their numbers. */
export function insertKeys(
  db: Database,
  input: { readonly name: string; readonly keys: readonly string[]; readonly at: number; readonly by: string },
): StoredKeys {
  const first = Number(readMeta(db, NEXT_NUMBER) ?? 1);
  writeMeta(db, NEXT_NUMBER, String(first + input.keys.length));
  execBatches(
    db,
    "INSERT INTO dynamic_key (name, key, no, added_at, added_by) SELECT ?2, value ->> 0, value ->> 1, ?3, ?4 FROM json_each(?1)",
    { rows: input.keys.map((key, index) => [key, first + index]), values: [input.name, input.at, input.by] },
  );
  return { keys: input.keys, numbers: input.keys.map((_key, index) => first + index) };
}

export function deleteKeys(db: Database, name: string, keys: readonly string[]): void {
  execBatches(db, "DELETE FROM dynamic_key WHERE name = ?2 AND key IN (SELECT value FROM json_each(?1))", { rows: keys, values: [name] });
}

export function countOfSet(db: Database, name: string): number {
  return db.sql.exec<{ count: number }>("SELECT count(*) AS count FROM dynamic_key WHERE name = ?", name).one().count;
}

/** Counts the keys of each set. A set without keys has no entry. */
export function countKeys(db: Database): Map<string, number> {
  const rows = db.sql.exec<{ name: string; count: number }>("SELECT name, count(*) AS count FROM dynamic_key GROUP BY name");
  return new Map([...rows].map((row) => [row.name, row.count]));
}

export interface KeyRow {
  readonly key: string;
  readonly no: number;
  readonly addedAt: number;
  readonly addedBy: string;
}

/** Newest first. */
export function listKeys(
  db: Database,
  query: { readonly name: string; readonly text: string | undefined; readonly before: number | null; readonly limit: number },
): KeyRow[] {
  return db.sql
    .exec<{ key: string; no: number; addedAt: number; addedBy: string }>(
      `SELECT key, no, added_at AS addedAt, added_by AS addedBy FROM dynamic_key
       WHERE name = ?1 AND no < ?2 AND (?3 = '' OR instr(lower(key), ?3) > 0) ORDER BY no DESC LIMIT ?4`,
      query.name,
      query.before ?? Number.MAX_SAFE_INTEGER,
      query.text?.toLowerCase() ?? "",
      query.limit,
    )
    .toArray();
}
