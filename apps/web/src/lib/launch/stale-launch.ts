/** Counts the stale assets that a run can take, and writes the selection that stands for them. Pure. */
import type { AssetGraph } from "@headgate/shared/domain/asset-graph.ts";

export const STALE_SELECTION = "status:stale";

/** An asset and what lies above it, as far as it is stale. */
export function staleUpTo(key: string): string {
  return `+key:"${key}" and ${STALE_SELECTION}`;
}

export function countStaleUpTo(graph: AssetGraph, key: string, isStale: (key: string) => boolean): number {
  const node = graph.indexOf(key);
  return node === -1
    ? 0
    : countStale(
        graph,
        graph.upstream([node]).map((above) => graph.keys[above] ?? ""),
        isStale,
      );
}

export function countStale(graph: AssetGraph, keys: readonly string[], isStale: (key: string) => boolean): number {
  return keys.filter((key) => graph.isMaterializable(graph.indexOf(key)) && isStale(key)).length;
}
