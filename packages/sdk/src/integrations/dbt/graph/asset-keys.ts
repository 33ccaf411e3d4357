/** Gives each node of a dbt project its asset key or check. Pure; used at index time and again when a step runs. */
import type { DbtManifest, DbtManifestNode } from "./dbt-manifest.ts";
import { metaOption, nodeOf, sourceOf, texts, type DbtNode } from "./dbt-node.ts";
import type { DbtGraph } from "./graph-cache.ts";

/** A data test that is an asset check. */
export interface DbtCheck {
  readonly asset: string;
  readonly name: string;
  readonly test: DbtManifestNode;
  /** True for the test of a source, which something else makes. */
  readonly onSource: boolean;
}

export interface DbtAssetMap {
  /** Asset key -> model, seed or snapshot that makes it. */
  readonly nodes: ReadonlyMap<string, DbtManifestNode>;
  /** Unique id (of sources, too) -> asset key. */
  readonly keys: ReadonlyMap<string, string>;
  /** Check id `<asset key>:<check name>` -> test. */
  readonly checks: ReadonlyMap<string, DbtCheck>;
  /** Unique id of a test -> check id. */
  readonly checkIds: ReadonlyMap<string, string>;
  /** Tests that are no check of one asset, e.g. a singular test over three models; they run when all they read is built. */
  readonly otherTests: readonly DbtManifestNode[];
  /** Two nodes with one key; the first was kept. */
  readonly duplicates: readonly { readonly key: string; readonly first: string; readonly second: string }[];
}

export type KeyOf = (node: DbtNode) => string | undefined;

/** `sourceTests`: tests of sources are checks, too. */
export function mapAssets(
  graph: Omit<DbtGraph, "warnings">,
  keyOf: KeyOf,
  options: { readonly sourceTests?: boolean | undefined } = {},
): DbtAssetMap {
  const { manifest, selected } = graph;
  const wanted = (id: string): boolean => selected === null || selected.has(id);
  const nodes = new Map<string, DbtManifestNode>();
  const keys = new Map<string, string>();
  const duplicates: { key: string; first: string; second: string }[] = [];
  for (const source of Object.values(manifest.sources))
    keys.set(source.unique_id, sanitizeKey(keyOf(sourceOf(source)) ?? defaultKey(sourceOf(source))));
  for (const node of Object.values(manifest.nodes)) {
    if (!isAssetNode(node)) continue;
    const key = sanitizeKey(keyOf(nodeOf(node)) ?? defaultKey(nodeOf(node)));
    keys.set(node.unique_id, key);
    if (!wanted(node.unique_id)) continue;
    const first = nodes.get(key);
    if (first) duplicates.push({ key, first: first.unique_id, second: node.unique_id });
    else nodes.set(key, node);
  }
  const checks = new Map<string, DbtCheck>();
  const checkIds = new Map<string, string>();
  const otherTests: DbtManifestNode[] = [];
  const sources = new Set(options.sourceTests === true ? Object.keys(manifest.sources) : []);
  const tests = [...Object.values(manifest.nodes), ...Object.values(manifest.unit_tests)];
  for (const test of tests) {
    if ((test.resource_type !== "test" && test.resource_type !== "unit_test") || !wanted(test.unique_id)) continue;
    const attached = attachedTo(test) ?? "";
    const asset = keys.get(attached);
    const onSource = sources.has(attached);
    if (asset === undefined || (!nodes.has(asset) && !onSource)) {
      otherTests.push(test);
      continue;
    }
    const name = checkName(asset, test, checks);
    const id = `${asset}:${name}`;
    checks.set(id, { asset, name, test, onSource });
    checkIds.set(test.unique_id, id);
  }
  return { nodes, keys, checks, checkIds, otherTests, duplicates };
}

/** Everything dbt builds, except what is inlined into others or leaves nothing behind. */
export function isAssetNode(node: DbtManifestNode): boolean {
  return (
    (node.resource_type === "model" && node.config?.materialized !== "ephemeral") ||
    node.resource_type === "seed" ||
    node.resource_type === "snapshot"
  );
}

/** `meta.headgate.asset_key` or `meta.dagster.asset_key`, else configured schema and name. */
function defaultKey(node: DbtNode): string {
  const explicit = metaOption(node, "asset_key");
  const segments = texts(explicit);
  if (segments.length > 0) return segments.join("/");
  return node.schema === null ? node.name : `${node.schema}/${node.name}`;
}

export function sanitizeKey(key: string): string {
  return key
    .split("/")
    .map((segment) => segment.replaceAll(/[^A-Za-z0-9_.-]/g, "_"))
    .filter((segment) => segment !== "")
    .join("/");
}

/** A generic test names its node; a singular test belongs to its only upstream, or to the one that `meta.headgate.ref` names. */
function attachedTo(test: DbtManifestNode): string | undefined {
  if (test.attached_node) return test.attached_node;
  if (test.resource_type === "unit_test") return (test.depends_on?.nodes ?? [])[0];
  const parents = test.depends_on?.nodes ?? [];
  if (parents.length === 1) return parents[0];
  const named = metaOption(nodeOf(test), "ref");
  const ref =
    typeof named === "string" ? named : named !== null && typeof named === "object" && "name" in named ? String(named.name) : undefined;
  return ref === undefined ? undefined : parents.find((parent) => parent.split(".").includes(ref));
}

function checkName(asset: string, test: DbtManifestNode, taken: ReadonlyMap<string, DbtCheck>): string {
  const name = test.name.slice(0, 190);
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}_${n}`;
    if (!taken.has(`${asset}:${candidate}`)) return candidate;
  }
}

/** Parents of a node that are assets; an ephemeral parent stands for its own parents, to any depth. */
export function assetParents(manifest: DbtManifest, node: { readonly depends_on?: DbtManifestNode["depends_on"] }): string[] {
  const found = new Set<string>();
  const visited = new Set<string>();
  const pending = [...(node.depends_on?.nodes ?? [])];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (visited.has(id)) continue;
    visited.add(id);
    const parent = manifest.nodes[id];
    if (id in manifest.sources || (parent && isAssetNode(parent))) found.add(id);
    else if (parent) pending.push(...(parent.depends_on?.nodes ?? []));
  }
  return [...found].sort();
}
