/** Procedures about assets, their partitions and the keys of dynamic sets. */
import { ok } from "@headgate/shared/domain/errors.ts";
import { changeDynamicKeys } from "../assets/dynamic-keys.ts";
import { dynamicKeys, dynamicSets, findDynamicSet } from "../assets/dynamic-queries.ts";
import { reportAsset, reportCheck } from "../assets/report-asset.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";
import type { Reader } from "../kernel/reader.ts";
import { assetPartitions } from "./asset-partitions.ts";
import { assetChecks, assetDetail, assetEvents, assetSeries, checkHistory, listAssetStates } from "./asset-queries.ts";
import { partitionMap } from "./partition-map.ts";
import { staleAssets } from "../assets/stale-assets.ts";

export const assetProcedures: ProceduresOf<"assets"> = {
  "assets.states": listAssetStates,
  "assets.stale": staleAssets,
  "assets.get": (reader, { key }) => assetDetail(reader, key),
  "assets.events": assetEvents,
  "assets.checks": (reader, { key }) => assetChecks(reader, key),
  "assets.checkHistory": checkHistory,
  "assets.series": assetSeries,
  "assets.partitions": assetPartitions,
  "assets.report"(tx, input, actor) {
    const reported = reportAsset(tx, input, { by: actor.name, chain: null });
    return reported.ok ? ok(() => reported.value) : reported;
  },
  "assets.reportCheck"(tx, input, actor) {
    const reported = reportCheck(tx, input, { by: actor.name, chain: null });
    return reported.ok ? ok(() => reported.value) : reported;
  },
};

export const partitionProcedures: ProceduresOf<"partitions"> = {
  "partitions.map": partitionMap,
  "partitions.sets": dynamicSets,
  "partitions.keys": dynamicKeys,
  "partitions.addKeys": (tx, { name, keys }, actor) => {
    const known = findDynamicSet(tx, name);
    if (!known.ok) return known;
    const changed = changeDynamicKeys(tx, { name, add: keys, remove: [], by: actor.name });
    return changed.ok ? ok((reader: Reader) => setOf(reader, name)) : changed;
  },
  "partitions.removeKeys": (tx, { name, keys }, actor) => {
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
