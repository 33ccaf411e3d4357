/** The facts about assets and checks that conditions use, read on demand and once per evaluation. */
import { parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import type { AutomationFacts, RunFact, Target, UpdateFact } from "@headgate/shared/domain/automation/facts.ts";
import { freshnessOf } from "@headgate/shared/domain/health/freshness.ts";
import { parsePartitionRange, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { EMPTY_SUBSET, type PartitionSubset, union, unionOf } from "@headgate/shared/domain/partitions/subset.ts";
import { partitionContext } from "../../partitions/partition-context.ts";
import { parseSubset } from "../../partitions/partition-sets.ts";
import { backfillingPartitions } from "./backfilling.ts";
import * as store from "../condition-fact-store.ts";
import { readPartitionSets } from "../../partitions/partition-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import { catalogOf } from "../../catalog/catalog.ts";
import { freshnessPolicies, isObservable, isFromOutside, codeVersion } from "../../catalog/definition-details.ts";
import { lastSeenAt, assetFacts, type AssetFact } from "../../assets/latest-fact-store.ts";

const ALL: PartitionSubset = [0, 1];

export interface DeploymentFacts extends AutomationFacts {
  /** Reads the facts about many assets with one query. */
  prefetch(assets: readonly string[]): void;
}

export function deploymentFacts(tx: Pick<Tx, "db" | "now">): DeploymentFacts {
  const { db, now } = tx;
  const catalog = catalogOf(tx);
  const { graph } = catalog;
  const context = partitionContext(db, now);

  const assets = new Map<string, AssetFact | null>();
  const prefetch = (keys: readonly string[]) => {
    const unknown = keys.filter((key) => !assets.has(key));
    const found = assetFacts(db, unknown);
    for (const key of unknown) assets.set(key, found.get(key) ?? null);
  };
  const assetFact = (key: string) => {
    if (!assets.has(key)) prefetch([key]);
    return assets.get(key) ?? null;
  };
  const partitions = memo((asset: string): PartitionSet | null => {
    const definition = graph.assets[graph.indexOf(asset)]?.partitions;
    const opened = definition && context.open(definition);
    return opened?.ok ? opened.value : null;
  });
  /** For checks, `materialized` means passed. */
  const partitionSets = memo((target: Target) => {
    const set = partitions(assetOf(target));
    const stored = set && readPartitionSets(db, target);
    return set && stored
      ? { materialized: parseSubset(set, stored.materialized), failed: parseSubset(set, stored.failed) }
      : { materialized: EMPTY_SUBSET, failed: EMPTY_SUBSET };
  });
  const fromOutside = memo((asset: string) => isFromOutside(db, catalog, asset));
  const isExternal = (asset: string) => fromOutside(asset) && !isObservable(db, catalog, asset);
  const subsetOf = (target: Target, partition: string | null): PartitionSubset => {
    const set = partitions(assetOf(target));
    if (!set) return ALL;
    if (partition === null) return EMPTY_SUBSET;
    const read = parsePartitionRange(set, partition);
    return read.ok ? read.value : EMPTY_SUBSET;
  };
  const executes = memo2((target: Target, runNo) => store.runExecutes(db, runNo, target));
  const runs = memo((runNo: number): RunFact | null => {
    const tags = runNo === 0 ? null : store.tagsOfRun(db, runNo);
    return tags && { tags, executes: (target) => executes(target, runNo) };
  });
  const updateFact = (target: Target, row: store.UpdateRow): UpdateFact => ({
    moment: { at: row.at, sequence: row.gseq },
    ...(row.startedAt !== null && row.startedSeq !== null && { started: { at: row.startedAt, sequence: row.startedSeq } }),
    partitions: subsetOf(target, row.partition),
    // Read lazily, because few conditions need it.
    get run() {
      return runs(row.runNo);
    },
    changedData: row.changed !== 0,
  });
  /** An observation is an update only if the asset is made elsewhere and its data version changed. */
  const counts = (asset: string) => (row: store.UpdateRow) =>
    row.type === "asset_materialized" || (fromOutside(asset) && row.changed === 1);
  let openChecks: ReturnType<typeof store.openChecks> | null = null;
  const unionOfPartitions = (target: Target, texts: readonly (string | null)[]) =>
    unionOf([...new Set(texts)].map((partition) => subsetOf(target, partition)));

  return {
    prefetch,
    partitions,
    succeeded: memo((target) => {
      const check = parseCheckId(target);
      if (partitions(assetOf(target))) {
        const { materialized, failed } = partitionSets(target);
        return check ? union(materialized, failed) : materialized;
      }
      if (check) return store.checkPassed(db, check) === null ? EMPTY_SUBSET : ALL;
      const fact = assetFact(target);
      if (fact && (fact.materializedSeq !== null || (fact.observedSeq !== null && fromOutside(target)))) return ALL;
      // An external asset without reports counts as present; otherwise it would block its dependents for ever.
      return isExternal(target) ? ALL : EMPTY_SUBSET;
    }),
    updates: memo2((target, after) => {
      const check = parseCheckId(target);
      if (check) return store.checkUpdates(db, check, after).map((row) => updateFact(target, row));
      if ((assetFact(target)?.latestSeq ?? -1) <= after) return [];
      return store
        .assetUpdates(db, target, after)
        .filter(counts(target))
        .map((row) => updateFact(target, row));
    }),
    latestUpdate: memo((target) => {
      const check = parseCheckId(target);
      const row = check ? store.lastCheckUpdate(db, check) : latestOf(target);
      return row && updateFact(target, row);
    }),
    running: memo((target) => {
      if (parseCheckId(target)) return unionOfPartitions(target, (openChecks ??= store.openChecks(db)).get(target) ?? []);
      return unionOfPartitions(target, store.openPartitionsOf(db, target));
    }),
    // Backfills make assets, not checks.
    backfilling: memo((target) => (parseCheckId(target) ? EMPTY_SUBSET : backfillingPartitions(tx, target, partitions(target)))),
    failed: memo((target) => {
      if (parseCheckId(target)) return EMPTY_SUBSET;
      if (partitions(target)) return partitionSets(target).failed;
      const failedAt = assetFact(target)?.failedAt ?? null;
      return failedAt === null ? EMPTY_SUBSET : ALL;
    }),
    checkState: memo((target) => {
      if (partitions(assetOf(target))) return { passed: partitionSets(target).materialized, failed: partitionSets(target).failed };
      const check = parseCheckId(target);
      const passed = check && store.checkPassed(db, check);
      return { passed: passed === true ? ALL : EMPTY_SUBSET, failed: passed === false ? ALL : EMPTY_SUBSET };
    }),
    codeVersion: (asset) => codeVersion(db, catalog, asset),
    freshness: memo((asset) => {
      const policy = freshnessPolicies(db, catalog).get(asset);
      if (!policy) return null;
      return freshnessOf(policy, lastSeenAt(assetFact(asset), fromOutside(asset)), now);
    }),
  };

  function latestOf(asset: string): store.UpdateRow | null {
    const seq = assetFact(asset)?.materializedSeq ?? null;
    const materialized = seq === null ? null : store.assetUpdateAt(db, asset, seq);
    const observed = fromOutside(asset) ? store.lastChangedObservation(db, asset) : null;
    return (observed?.gseq ?? -1) > (materialized?.gseq ?? -1) ? observed : materialized;
  }
}

function assetOf(target: Target): string {
  return parseCheckId(target)?.asset ?? target;
}

function memo<K, V>(read: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = read(key);
    known.set(key, value);
    return value;
  };
}

/** Most readers of a target ask with the same number, so the answers are worth caching. */
function memo2<V>(read: (key: string, number: number) => V): (key: string, number: number) => V {
  const known = new Map<string, V>();
  return (key, number) => {
    const id = `${number} ${key}`;
    const found = known.get(id);
    if (found !== undefined) return found;
    const value = read(key, number);
    known.set(id, value);
    return value;
  };
}
