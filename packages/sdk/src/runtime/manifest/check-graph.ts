/** Finds cycles in the asset graph and between units, and writes them out. */
import type { ManifestAsset } from "@headgate/shared/manifest/schema.ts";

/** Node -> the nodes it depends on. Returns the first cycle found, in the direction data flows, first node repeated at the end. */
function findCycle(upstream: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  for (const start of upstream.keys()) {
    // Depth first without recursion: graphs of 10,000 assets in one chain exist.
    const path: { node: string; next: number }[] = [];
    const onPath = new Set<string>();
    const enter = (node: string) => {
      path.push({ node, next: 0 });
      onPath.add(node);
    };
    if (!done.has(start)) enter(start);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const next = upstream.get(top.node)?.[top.next++];
      if (next === undefined) {
        done.add(top.node);
        onPath.delete(top.node);
        path.pop();
      } else if (onPath.has(next)) {
        const nodes = path.map(({ node }) => node);
        const cycle = nodes.slice(nodes.indexOf(next));
        return [...cycle, next].reverse();
      } else if (!done.has(next)) {
        enter(next);
      }
    }
  }
  return null;
}

/** A partitioned asset may depend on its own earlier partitions. */
function isEarlierSelf(asset: ManifestAsset, dep: ManifestAsset["deps"][number]): boolean {
  return dep.key === asset.key && dep.mapping?.type === "time_window" && (dep.mapping.endOffset ?? 0) < 0;
}

/** Null when there is none. Edges between assets of one unit do not count, except when they close a cycle. */
export function findAssetCycle(assets: readonly ManifestAsset[]): string[] | null {
  return findCycle(
    new Map(assets.map((asset) => [asset.key, asset.deps.filter((dep) => !isEarlierSelf(asset, dep)).map((dep) => dep.key)])),
  );
}

/** Units that cannot be cut into parts must not depend on each other in a circle, even where their assets do not. */
export function findUnitCycle(assets: readonly ManifestAsset[], divisible: ReadonlySet<string>): string[] | null {
  const nodeOf = (asset: ManifestAsset) => (asset.unit === null || divisible.has(asset.unit) ? asset.key : asset.unit);
  const byKey = new Map(assets.map((asset) => [asset.key, asset]));
  const upstream = new Map<string, string[]>();
  for (const asset of assets) {
    const node = nodeOf(asset);
    const list = upstream.get(node) ?? [];
    upstream.set(node, list);
    for (const dep of asset.deps) {
      const target = byKey.get(dep.key);
      if (target && nodeOf(target) !== node) list.push(nodeOf(target));
    }
  }
  return findCycle(upstream);
}
