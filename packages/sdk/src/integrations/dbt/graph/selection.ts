/** Finds the `--select` arguments with which dbt builds exactly what a step wants. Pure. */
import { assetParents, type DbtAssetMap } from "./asset-keys.ts";
import type { DbtManifest, DbtManifestNode } from "./dbt-manifest.ts";

export interface WantedNodes {
  readonly assets: ReadonlySet<string>;
  readonly checks: ReadonlySet<string>;
}

export interface BuildSelection {
  readonly args: readonly string[];
  /** Unique ids of the nodes that will run and matter. */
  readonly nodes: ReadonlySet<string>;
  /** The names in `args` stand for exactly these nodes, and it is quicker to look these up; null: the project's own selection. */
  readonly chosen: readonly string[] | null;
}

/**
 * Everything wanted: the project's own selection, as a person would type it. Otherwise every node by its fully qualified name and no
 * test by itself, because dbt would run each test that touches a selected model, wanted or not.
 */
export function selectNodes(input: {
  readonly manifest: DbtManifest;
  readonly map: DbtAssetMap;
  readonly wanted: WantedNodes;
  readonly own: { readonly select: string | undefined; readonly exclude: string | undefined };
}): BuildSelection {
  const { manifest, map, wanted } = input;
  const nodes: DbtManifestNode[] = [];
  for (const key of wanted.assets) {
    const node = map.nodes.get(key);
    if (node) nodes.push(node);
  }
  const built = new Set(nodes.map((node) => node.unique_id));
  for (const id of wanted.checks) {
    const check = map.checks.get(id);
    if (check) nodes.push(check.test);
  }
  const ids = new Set(nodes.map((node) => node.unique_id));
  const everything =
    [...map.nodes.keys()].every((key) => wanted.assets.has(key)) &&
    [...map.checks].every(([id, { onSource }]) => onSource || wanted.checks.has(id));
  if (everything) {
    const { select, exclude } = input.own;
    return {
      args: [...(select === undefined ? [] : ["--select", select]), ...(exclude === undefined ? [] : ["--exclude", exclude])],
      nodes: ids,
      chosen: null,
    };
  }
  for (const test of map.otherTests) {
    const parents = assetParents(manifest, test);
    if (parents.length > 0 && parents.every((parent) => built.has(parent))) nodes.push(test);
  }
  const names = nodes.map((node) => `fqn:${node.fqn.join(".")}`);
  return { args: ["--indirect-selection", "empty", "--select", ...names], nodes: ids, chosen: nodes.map((node) => node.unique_id) };
}
