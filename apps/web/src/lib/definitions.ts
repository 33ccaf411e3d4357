/** What is defined, ready to be asked by key? Built once per definitions document; the document itself never changes. */
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { buildAssetGraph, type AssetGraph } from "@headgate/shared/domain/asset-graph.ts";

export type CatalogAsset = DefinitionsDocument["assets"][number];
export type JobDefinition = DefinitionsDocument["jobs"][number];

export interface Definitions {
  readonly document: DefinitionsDocument;
  readonly byKey: ReadonlyMap<string, CatalogAsset>;
  readonly graph: AssetGraph;
  readonly groups: readonly string[];
  readonly kinds: readonly string[];
  readonly owners: readonly string[];
}

export const EMPTY_DOCUMENT: DefinitionsDocument = {
  hash: "",
  locations: [],
  assets: [],
  jobs: [],
  schedules: [],
  sensors: [],
  layout: { width: 0, height: 0, nodeWidth: 0, nodeHeight: 0 },
};

export function indexDefinitions(document: DefinitionsDocument): Definitions {
  return {
    document,
    byKey: new Map(document.assets.map((asset) => [asset.key, asset])),
    graph: buildAssetGraph(document.assets),
    groups: distinct(document.assets.map((asset) => asset.group)),
    kinds: distinct(document.assets.flatMap((asset) => asset.kinds)),
    owners: distinct(document.assets.flatMap((asset) => asset.owners)),
  };
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

export function isExternal(asset: CatalogAsset | undefined): boolean {
  return asset === undefined || asset.unit === null;
}

/** Keys next to this one, as written in the definitions. */
export function neighbourKeys(definitions: Definitions, key: string): { readonly upstream: string[]; readonly downstream: string[] } {
  const { graph } = definitions;
  const node = graph.indexOf(key);
  if (node < 0) return { upstream: [], downstream: [] };
  const keysOf = (nodes: Int32Array): string[] => Array.from(nodes, (entry) => graph.keys[entry] ?? "").sort();
  return { upstream: keysOf(graph.upstreamOf(node)), downstream: keysOf(graph.downstreamOf(node)) };
}
