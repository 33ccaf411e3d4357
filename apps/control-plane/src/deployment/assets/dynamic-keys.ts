/** Adds and removes keys of a dynamic partition set, for people, programs and ticks alike. */
import type { CauseChain } from "@headgate/shared/domain/automation/cause-chain.ts";
import { checkId } from "@headgate/shared/domain/asset-check.ts";
import { DIMENSION_SEPARATOR, RANGE_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { dynamicKeysChanged, dynamicNames, partitionContext } from "../partitions/partition-context.ts";
import { parseSubset, subsetText } from "../partitions/partition-sets.ts";
import { countOfSet, deleteKeys, existingKeys, insertKeys } from "../partitions/dynamic-key-store.ts";
import { deletePartitionFailures, partitionSetsOf, savePartitionSets, saveStaleSet } from "../partitions/partition-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { catalogOf } from "../catalog/catalog.ts";

export interface DynamicKeyChange {
  readonly name: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** Display name of the requester. */
  readonly by: string;
  /** The sensors that led to this change. */
  readonly chain?: CauseChain | null | undefined;
}

export interface DynamicKeysChanged {
  /** Only keys that did not exist before. */
  readonly added: readonly string[];
  /** Only keys that existed. */
  readonly removed: readonly string[];
}

/** All keys of a set are held in memory while the set is used. */
const MAX_DYNAMIC_KEYS = 200_000;
const MAX_KEY_LENGTH = 400;

/** Assets partitioned by a dynamic set, alone or as one of several dimensions. */
function assetsPartitionedBy(tx: Pick<Tx, "db">, name: string): string[] {
  return catalogOf(tx).graph.assets.flatMap((asset) =>
    asset?.partitions && dynamicNames(asset.partitions).includes(name) ? [asset.key] : [],
  );
}

/** Makes all of the change or none of it. A key in both lists is added. */
export function changeDynamicKeys(tx: Tx, change: DynamicKeyChange): Result<DynamicKeysChanged> {
  const add = [...new Set(change.add)];
  const kept = new Set(add);
  const remove = [...new Set(change.remove)].filter((key) => !kept.has(key));
  const wrong = add.map(problemOf).find((problem) => problem !== null);
  if (wrong) return refuse("invalid_input", wrong);
  const known = existingKeys(tx.db, change.name, [...add, ...remove]);
  const result = { added: add.filter((key) => !known.has(key)), removed: remove.filter((key) => known.has(key)) };
  if (result.added.length === 0 && result.removed.length === 0) return ok(result);
  const count = countOfSet(tx.db, change.name) + result.added.length - result.removed.length;
  if (count > MAX_DYNAMIC_KEYS)
    return refuse(
      "too_large",
      `The partition set "${shortened(change.name)}" would have ${count} keys; at most ${MAX_DYNAMIC_KEYS} are possible. Remove some, or partition by a coarser key.`,
    );
  const assets = assetsPartitionedBy(tx, change.name);
  deleteKeys(tx.db, change.name, result.removed);
  const added = insertKeys(tx.db, { name: change.name, keys: result.added, at: tx.now, by: change.by });
  dynamicKeysChanged(tx.db, { name: change.name, added, removed: result.removed.length > 0 });
  if (result.removed.length > 0) {
    dropRemoved(tx, assets);
    deletePartitionFailures(tx.db, assets, result.removed);
  }
  for (const asset of assets) tx.fact({ type: "asset_changed", asset });
  tx.fact({ type: "partition_keys_changed", targets: assets, cause: causeOf(change.name, result), chain: change.chain ?? null });
  return ok(result);
}

function causeOf(name: string, { added, removed }: DynamicKeysChanged): string {
  const [first = removed[0] ?? ""] = added;
  const others = added.length + removed.length - 1;
  return `${shortened(first)}${others > 0 ? ` and ${others} more` : ""} ${added.length > 0 ? "joined" : "left"} partition set ${shortened(name)}.`;
}

/** Multi-dimensional subsets store key names. They are rewritten without the removed keys, which would otherwise reappear when a key is added again. */
function dropRemoved(tx: Tx, assets: readonly string[]): void {
  const { graph, checksByAsset } = catalogOf(tx);
  const partitions = partitionContext(tx.db, tx.now);
  for (const asset of assets) {
    const definition = graph.assets[graph.indexOf(asset)]?.partitions;
    const opened = definition?.type === "multi" ? partitions.open(definition) : null;
    if (!opened?.ok) continue;
    const set = opened.value;
    const rewritten = (text: string) => subsetText(set, parseSubset(set, text));
    for (const [target, stored] of partitionSetsOf(tx.db, [asset, ...(checksByAsset.get(asset) ?? []).map(checkId)])) {
      savePartitionSets(tx.db, target, { materialized: rewritten(stored.materialized), failed: rewritten(stored.failed) });
      if (stored.stale !== "") saveStaleSet(tx.db, target, { ...stored, stale: rewritten(stored.stale) });
    }
  }
}

function problemOf(key: string): string | null {
  const name = `Partition key "${shortened(key)}"`;
  if (key === "") return "A partition key is empty. Give it at least one character.";
  if (key.length > MAX_KEY_LENGTH) return `${name} has ${key.length} characters; at most ${MAX_KEY_LENGTH} are possible.`;
  if (key.includes(RANGE_SEPARATOR)) return `${name} contains "${RANGE_SEPARATOR}", which separates the ends of a range. Rename it.`;
  if (key.includes(DIMENSION_SEPARATOR)) return `${name} contains "${DIMENSION_SEPARATOR}", which separates dimensions. Rename it.`;
  return hasControlCharacter(key) ? `${name} contains a control character. Remove it.` : null;
}

function hasControlCharacter(key: string): boolean {
  for (let at = 0; at < key.length; at++) if ((key.codePointAt(at) ?? 0) < 32) return true;
  return false;
}
