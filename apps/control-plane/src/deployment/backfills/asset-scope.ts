/**
 * Resolves the partitions of each selected asset that a backfill covers, whatever their state. The request names partitions of the first
 * partitioned asset; the other assets get the partitions that map to them.
 */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import { expandDimension, findDimension } from "@headgate/shared/domain/partitions/dimension.ts";
import { downstreamPartitions } from "@headgate/shared/domain/partitions/mapping.ts";
import { resolvePartitions } from "@headgate/shared/domain/partitions/named.ts";
import { type PartitionSet, RANGE_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";
import { type PartitionSubset, unionOf } from "@headgate/shared/domain/partitions/subset.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { BackfillPartitions } from "./format-backfill.ts";

export interface BackfillAsset {
  readonly key: string;
  readonly node: number;
  /** Null if the asset is not partitioned. */
  readonly set: PartitionSet | null;
}
type Partitioned = BackfillAsset & { readonly set: PartitionSet };

/** Sorted from upstream to downstream. */
export function openBackfillAssets(catalog: Catalog, keys: readonly string[], now: number): Result<BackfillAsset[]> {
  const { graph } = catalog;
  const levels = graph.levels();
  const partitions = catalog.partitions(now);
  const assets: BackfillAsset[] = [];
  for (const key of new Set(keys)) {
    const node = graph.indexOf(key);
    const definition = graph.assets[node]?.partitions;
    const set = definition ? partitions.open(definition) : null;
    if (set && !set.ok) return set;
    assets.push({ key, node, set: set?.value ?? null });
  }
  return ok(assets.sort((a, b) => (levels[a.node] ?? 0) - (levels[b.node] ?? 0) || a.node - b.node));
}

/** Partitions by asset key, for partitioned assets only. */
export function reachOf(
  catalog: Catalog,
  input: { readonly assets: readonly BackfillAsset[]; readonly partitions: BackfillPartitions; readonly now: number },
): Result<ReadonlyMap<string, PartitionSubset>> {
  const partitioned = input.assets.filter((asset): asset is Partitioned => asset.set !== null);
  const { partitions } = input;
  const reach = new Map<string, PartitionSubset>();
  const [first] = partitioned;
  if (!first) return ok(reach);
  if (isEverything(partitions)) {
    for (const { key, set } of partitioned) reach.set(key, everything(set));
    return ok(reach);
  }
  const given = givenPartitions(first.set, partitions, input.now);
  if (!given.ok) return given;
  reach.set(first.key, given.value);
  const sets = new Map(partitioned.map((asset) => [asset.key, asset.set]));
  for (const asset of partitioned.slice(1)) {
    const mapped = mappedPartitions(catalog, { asset, first, reach, sets });
    if (!mapped.ok) return mapped;
    reach.set(asset.key, mapped.value);
  }
  return ok(reach);
}

function isEverything(partitions: BackfillPartitions): boolean {
  return partitions.type === "all" || ("first" in partitions && partitions.first === undefined && partitions.last === undefined);
}

function everything(set: PartitionSet): PartitionSubset {
  return set.count > 0 ? [0, set.count] : [];
}

function givenPartitions(set: PartitionSet, partitions: BackfillPartitions, now: number): Result<PartitionSubset> {
  switch (partitions.type) {
    case "all":
      return ok(everything(set));
    case "keys": {
      const subsets: PartitionSubset[] = [];
      for (const key of partitions.keys) {
        const subset = resolveGiven(set, key, now);
        if (!subset.ok) return subset;
        subsets.push(subset.value);
      }
      return ok(unionOf(subsets));
    }
    case "range":
    case "missing":
    case "failed":
    case "missing_or_failed":
    case "stale": {
      const along = [set, ...(set.dimensions ?? []).map((dimension) => dimension.set)];
      const named = partitions.first ?? partitions.last ?? "";
      const ends = along.find((one) => resolvePartitions(one, named, now).ok) ?? set;
      const from = partitions.first ?? ends.keyAt(0) ?? "";
      const to = partitions.last ?? ends.keyAt(ends.count - 1) ?? "";
      return resolveGiven(set, `${from}${RANGE_SEPARATOR}${to}`, now);
    }
    default:
      return assertNever(partitions);
  }
}

/** In a multi-dimensional set, a key or range of one dimension means all partitions that contain it. */
function resolveGiven(set: PartitionSet, text: string, now: number): Result<PartitionSubset> {
  const whole = resolvePartitions(set, text, now);
  if (whole.ok) return whole;
  for (const dimension of set.dimensions ?? []) {
    const place = findDimension(set, dimension.name);
    const part = resolvePartitions(dimension.set, text, now);
    if (place && part.ok) return ok(expandDimension(place, part.value));
  }
  return whole;
}

interface Mapped {
  readonly asset: Partitioned;
  readonly first: Partitioned;
  readonly reach: ReadonlyMap<string, PartitionSubset>;
  readonly sets: ReadonlyMap<string, PartitionSet>;
}

/** An asset that reads selected assets gets the partitions affected by them; any other gets the same partitions as the first, or those that overlap. */
function mappedPartitions(catalog: Catalog, { asset, first, reach, sets }: Mapped): Result<PartitionSubset> {
  const above = (catalog.graph.assets[asset.node]?.deps ?? []).filter(({ key }) => reach.has(key));
  const sameAsFirst = canonicalJson(asset.set.definition) === canonicalJson(first.set.definition);
  if (above.length === 0 && sameAsFirst) return ok(reach.get(first.key) ?? []);
  const subsets: PartitionSubset[] = [];
  for (const { key, mapping } of above.length > 0 ? above : [{ key: first.key, mapping: undefined }]) {
    const sides = { upstream: sets.get(key) ?? null, downstream: asset.set, mapping };
    const affected = downstreamPartitions(sides, reach.get(key) ?? []);
    if (!affected.ok) return affected;
    subsets.push(affected.value);
  }
  return ok(unionOf(subsets));
}
