/** Walks up dbt's graph through what is no asset: ephemeral models, functions, metrics, semantic models, saved queries. Pure. */
import type { DbtManifest, DbtManifestNode } from "../graph/dbt-manifest.ts";

/** Anything of the graph that reads something. */
export interface Reading {
  readonly depends_on?: DbtManifestNode["depends_on"];
}

/** Everything dbt builds, except what is inlined into others or leaves no table behind. */
export function isAssetNode(node: DbtManifestNode): boolean {
  return (
    (node.resource_type === "model" && node.config?.materialized !== "ephemeral") ||
    node.resource_type === "seed" ||
    node.resource_type === "snapshot"
  );
}

/** Assets (and sources) that a node reads, also through what is no asset, to any depth. Sorted. */
export function assetParents(manifest: DbtManifest, node: Reading): string[] {
  return walkUp(manifest, node).assets.sort();
}

/** Functions whose existence the nodes need, also through other functions and ephemeral models. */
export function functionsOf(manifest: DbtManifest, nodes: Iterable<Reading>): string[] {
  const found = new Set<string>();
  for (const node of nodes) for (const id of walkUp(manifest, node).between) if (id in manifest.functions) found.add(id);
  return [...found].sort();
}

function walkUp(manifest: DbtManifest, node: Reading): { assets: string[]; between: Set<string> } {
  const assets: string[] = [];
  const between = new Set<string>();
  const visited = new Set<string>();
  const pending = [...(node.depends_on?.nodes ?? [])];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (visited.has(id)) continue;
    visited.add(id);
    const parent = manifest.nodes[id];
    if (id in manifest.sources || (parent && isAssetNode(parent))) {
      assets.push(id);
      continue;
    }
    const reading = parent ?? readingOf(manifest, id);
    if (!reading) continue;
    between.add(id);
    pending.push(...(reading.depends_on?.nodes ?? []));
  }
  return { assets, between };
}

function readingOf(manifest: DbtManifest, id: string): Reading | undefined {
  return manifest.functions[id] ?? manifest.metrics[id] ?? manifest.semantic_models[id] ?? manifest.saved_queries[id];
}
