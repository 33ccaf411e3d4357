/** Counts the stale assets, and writes the request that materializes them. Pure. */
import type { AssetGraph } from "@headgate/shared/domain/asset-graph.ts";

const STALE_SELECTION = "status:stale";

export interface StaleLaunch {
  readonly assets: number;
  readonly selection: string;
  /** A run has one partition, so partitioned assets need a backfill to make exactly what is stale. */
  readonly isPartitioned: boolean;
}

/** An asset and what lies above it, as far as it is stale. */
export function staleUpTo(graph: AssetGraph, key: string, isStale: (key: string) => boolean): StaleLaunch {
  const node = graph.indexOf(key);
  const nodes = node === -1 ? [] : graph.upstream([node]);
  return staleAmong(graph, nodes, { selection: `+key:"${key}" and ${STALE_SELECTION}`, isStale });
}

export function allStale(graph: AssetGraph, isStale: (key: string) => boolean): StaleLaunch {
  return staleAmong(graph, [...graph.keys.keys()], { selection: STALE_SELECTION, isStale });
}

function staleAmong(
  graph: AssetGraph,
  nodes: readonly number[],
  { selection, isStale }: { readonly selection: string; readonly isStale: (key: string) => boolean },
): StaleLaunch {
  const stale = nodes.filter((node) => graph.isMaterializable(node) && isStale(graph.keys[node] ?? ""));
  return { assets: stale.length, selection, isPartitioned: stale.some((node) => graph.assets[node]?.partitions !== undefined) };
}
