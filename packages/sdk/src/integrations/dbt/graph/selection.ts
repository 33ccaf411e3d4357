/** Finds the `--select` arguments with which dbt builds exactly what a step wants. Pure. */
import { assetParents, functionsOf } from "../mapping/parents.ts";
import type { DbtAssetMap } from "./asset-keys.ts";
import type { DbtManifestNode } from "./dbt-manifest.ts";
import type { DbtGraph } from "./graph-cache.ts";

export interface WantedNodes {
  readonly assets: ReadonlySet<string>;
  readonly checks: ReadonlySet<string>;
}

export interface BuildSelection {
  readonly args: readonly string[];
  /** The names in `args` stand for exactly these nodes, and it is quicker to look these up; null: everything. */
  readonly chosen: readonly string[] | null;
  /** Unique id of a test -> nodes it reads that this step does not build, so that they may not exist yet. */
  readonly elsewhere: Readonly<Record<string, readonly string[]>>;
}

/**
 * Every node by its fully qualified name and no test by itself, because dbt would run each test that touches a selected model, wanted or
 * not. Also where everything is wanted dbt is told so: without a selection it would take the default selector of selectors.yml.
 */
export function selectNodes(input: {
  readonly graph: Pick<DbtGraph, "manifest" | "selected">;
  readonly map: DbtAssetMap;
  readonly wanted: WantedNodes;
}): BuildSelection {
  const { map, wanted } = input;
  const { manifest, selected } = input.graph;
  const models = [...wanted.assets].flatMap((key) => map.nodes.get(key) ?? []);
  const tests = new Map<string, DbtManifestNode>();
  for (const id of wanted.checks) {
    const test = map.checks.get(id)?.test;
    if (test) tests.set(test.unique_id, test);
  }
  const isEverything =
    [...map.nodes.keys()].every((key) => wanted.assets.has(key)) &&
    [...map.checks].every(([id, { onSource }]) => onSource || wanted.checks.has(id));
  const functions = new Set(functionsOf(manifest, models));
  if (isEverything) {
    for (const test of map.otherTests) tests.set(test.unique_id, test);
    for (const id of Object.keys(manifest.functions)) if (selected === null || selected.has(id)) functions.add(id);
  }
  const built = new Set(models.map((node) => node.unique_id));
  const elsewhere = Object.fromEntries(
    [...tests.values()].flatMap((test) => {
      const parents = assetParents(manifest, test).filter((id) => id in manifest.nodes && !built.has(id));
      return built.size > 0 && parents.length > 0 ? [[test.unique_id, parents]] : [];
    }),
  );
  const indirect = ["--indirect-selection", "empty"];
  if (isEverything && selected === null && [...map.checks.values()].every(({ onSource }) => !onSource))
    return { args: [...indirect, "--select", "fqn:*"], chosen: null, elsewhere };
  const nodes = [...models, ...tests.values(), ...[...functions].flatMap((id) => manifest.functions[id] ?? [])];
  const names = [...new Set(nodes.map((node) => `fqn:${(node.fqn ?? [node.name]).join(".")}`))];
  return { args: [...indirect, "--select", ...names], chosen: nodes.map((node) => node.unique_id), elsewhere };
}
