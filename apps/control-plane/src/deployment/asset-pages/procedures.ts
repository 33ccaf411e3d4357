/** Partitions and dynamic keys: which query or command answers which name. */
import { ok } from "@headgate/shared/domain/errors.ts";
import { changeDynamicKeys } from "../assets/dynamic-keys.ts";
import { dynamicKeys, dynamicSets, findDynamicSet } from "../assets/dynamic-queries.ts";
import type { CommandsOf, QueriesOf } from "../kernel/procedure.ts";
import type { Reader } from "../kernel/reader.ts";
import { partitionMap } from "./partition-map.ts";

export const partitionQueries: QueriesOf<Pick<PartitionQueries, "partitionMap" | "dynamicSets" | "dynamicKeys">> = {
  partitionMap,
  dynamicSets,
  dynamicKeys,
};

export const partitionCommands: CommandsOf<Pick<PartitionCommands, "addDynamicKeys" | "removeDynamicKeys">> = {
  addDynamicKeys: (tx, { name, keys }, actor) => {
    const known = findDynamicSet(tx, name);
    if (!known.ok) return known;
    const changed = changeDynamicKeys(tx, { name, add: keys, remove: [], by: actor.name });
    return changed.ok ? ok((reader: Reader) => setOf(reader, name)) : changed;
  },
  removeDynamicKeys: (tx, { name, keys }, actor) => {
    const known = findDynamicSet(tx, name);
    if (!known.ok) return known;
    const changed = changeDynamicKeys(tx, { name, add: [], remove: keys, by: actor.name });
    return changed.ok ? ok((reader: Reader) => setOf(reader, name)) : changed;
  },
};

/** A set that no asset uses is gone with its last key. */
function setOf(reader: Reader, name: string) {
  const found = findDynamicSet(reader, name);
  return found.ok ? found.value : { name, count: 0, assets: [] };
}
