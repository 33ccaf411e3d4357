/** Stores versions that could not be activated because another code location defines some of their assets, at most one per location. */
import { readMeta, writeMeta } from "../kernel/meta-store.ts";
import type { Database } from "../kernel/database.ts";

export interface KeyConflict {
  /** The code location whose version was refused. */
  readonly location: string;
  readonly at: number;
  readonly keys: readonly string[];
}

const KEY = "key_conflicts";
/** The most keys kept of one conflict. */
const MAX_KEYS = 50;

export function readConflicts(db: Database): readonly KeyConflict[] {
  const text = readMeta(db, KEY);
  return text === null ? [] : (JSON.parse(text) as KeyConflict[]);
}

export function saveConflict(db: Database, conflict: KeyConflict): void {
  const others = readConflicts(db).filter((other) => other.location !== conflict.location);
  writeMeta(db, KEY, JSON.stringify([...others, { ...conflict, keys: conflict.keys.slice(0, MAX_KEYS) }]));
}

export function clearConflict(db: Database, location: string): void {
  const conflicts = readConflicts(db);
  const others = conflicts.filter((conflict) => conflict.location !== location);
  if (others.length < conflicts.length) writeMeta(db, KEY, JSON.stringify(others));
}
