/** Decides what a backfill of stale partitions makes: those that are stale, and those that read what it makes again. */
import type { StaleCause } from "@headgate/shared/domain/health/staleness.ts";
import { readersOf } from "@headgate/shared/domain/partitions/stale-partitions.ts";
import { intersection, type PartitionSubset, union } from "@headgate/shared/domain/partitions/subset.ts";
import { staleCauses } from "../assets/stale-assets.ts";
import { catalogOf } from "../catalog/catalog.ts";
import type { Database } from "../kernel/database.ts";
import { partitionStates } from "../partitions/partition-states.ts";
import type { BackfillAsset } from "./asset-scope.ts";

interface Scope {
  /** Sorted from upstream to downstream. */
  readonly assets: readonly BackfillAsset[];
  /** The partitions that the request allows. */
  readonly reach: ReadonlyMap<string, PartitionSubset>;
}

export function staleWanted(
  context: { readonly db: Database; readonly now: number },
  { assets, reach }: Scope,
): Map<string, PartitionSubset> {
  const { graph } = catalogOf(context);
  const causesOf = staleCauses(context, graph.keys);
  const sets = new Map(assets.map(({ key, set }) => [key, set]));
  const wanted = new Map<string, PartitionSubset>();
  for (const { key, node, set } of assets) {
    const causes = causesOf(key);
    if (set === null) {
      if (causes.length > 0) wanted.set(key, [0, 1]);
      continue;
    }
    const { stale, materialized } = partitionStates(context.db, key, set);
    // The code that made each partition is not known, so new code concerns them all.
    let found = hasNewCode(causes) ? union(stale, materialized) : stale;
    for (const { key: upstream, mapping } of graph.assets[node]?.deps ?? []) {
      const changed = wanted.get(upstream);
      if (changed === undefined) continue;
      const read = readersOf({ upstream: sets.get(upstream) ?? null, downstream: set, mapping }, { changed, materialized });
      if (read.ok) found = union(found, read.value);
    }
    const allowed = intersection(reach.get(key) ?? [], found);
    if (allowed.length > 0) wanted.set(key, allowed);
  }
  return wanted;
}

function hasNewCode(causes: readonly StaleCause[]): boolean {
  return causes.some(({ type }) => type === "code");
}
