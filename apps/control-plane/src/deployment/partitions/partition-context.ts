/**
 * Opens partition definitions for this deployment and time; nothing else opens them. Dynamic keys are read from the table and stay in memory
 * until they change, and opened definitions are cached, because a definition with many keys is expensive to open.
 */
import type { MultiPartitions, PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { openPartitions, type PartitionContext, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { openTimePartitions } from "@headgate/shared/domain/partitions/time-window.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import type { Database } from "../kernel/database.ts";
import { databaseCache } from "../kernel/database.ts";
import { keysOfSet, type StoredKeys } from "./dynamic-key-store.ts";

export interface DeploymentPartitions extends PartitionContext {
  readonly dynamicKeys: (name: string) => readonly string[];
  open(definition: PartitionsDefinition): Result<PartitionSet>;
}

interface Cache {
  readonly keys: Map<string, StoredKeys>;
  /** By definition and, if time is a dimension, by the number of windows. */
  readonly sets: Map<string, PartitionSet>;
}

const MAX_SETS = 500;
const caches = databaseCache<Cache>("savepoint", () => ({ keys: new Map(), sets: new Map() }));
const texts = new WeakMap<PartitionsDefinition, string>();
const numbers = new WeakMap<PartitionSet, readonly number[]>();

/** Call after a change of dynamic keys. Added keys are appended to the cached ones, because reading a hundred thousand keys again is slow. */
export function dynamicKeysChanged(
  db: Database,
  change: { readonly name: string; readonly added: StoredKeys; readonly removed: boolean },
): void {
  const { name, added, removed } = change;
  const cache = caches.of(db);
  const known = cache.keys.get(name);
  cache.sets.clear();
  if (removed || !known) cache.keys.delete(name);
  else cache.keys.set(name, { keys: [...known.keys, ...added.keys], numbers: [...known.numbers, ...added.numbers] });
}

export function partitionContext(db: Database, now: number): DeploymentPartitions {
  const dynamicKeys = (name: string) => storedKeys(db, name).keys;
  const windows = new Map<string, Result<PartitionSet>>();
  const open = (definition: PartitionsDefinition): Result<PartitionSet> => {
    if (definition.type === "time") return openWindows(definition);
    const cache = caches.of(db);
    const id = textOf(definition) + (definition.type === "multi" ? windowsAt(definition, now) : "");
    const known = cache.sets.get(id);
    if (known) return ok(known);
    const opened = openPartitions(definition, { now, dynamicKeys });
    if (!opened.ok) return opened;
    if (cache.sets.size >= MAX_SETS) cache.sets.clear();
    cache.sets.set(id, opened.value);
    if (definition.type === "dynamic") numbers.set(opened.value, storedKeys(db, definition.name).numbers);
    return opened;
  };
  /** The number of windows depends on the time, so they are cached in this context only: a thousand assets with one definition open it once. */
  const openWindows = (definition: PartitionsDefinition): Result<PartitionSet> => {
    const id = textOf(definition);
    const opened = windows.get(id) ?? openPartitions(definition, { now });
    windows.set(id, opened);
    return opened;
  };
  return { now, dynamicKeys, open };
}

/** The permanent number of each key of an opened dynamic set; null for any other set. */
export function lastingNumbers(set: PartitionSet): readonly number[] | null {
  return numbers.get(set) ?? null;
}

/** The names of the dynamic sets in a definition. */
export function dynamicNames(definition: PartitionsDefinition): string[] {
  if (definition.type === "dynamic") return [definition.name];
  return definition.type === "multi" ? definition.dimensions.flatMap(({ partitions }) => dynamicNames(partitions)) : [];
}

function storedKeys(db: Database, name: string): StoredKeys {
  const { keys } = caches.of(db);
  const known = keys.get(name);
  if (known) return known;
  const read = keysOfSet(db, name);
  keys.set(name, read);
  return read;
}

function textOf(definition: PartitionsDefinition): string {
  const known = texts.get(definition);
  if (known !== undefined) return known;
  const text = canonicalJson(definition);
  texts.set(definition, text);
  return text;
}

function windowsAt(definition: MultiPartitions, now: number): string {
  return definition.dimensions
    .map(({ partitions }) => {
      if (partitions.type !== "time") return "";
      const time = openTimePartitions(partitions);
      return time.ok ? `#${time.value.countAt(now)}` : "";
    })
    .join("");
}
