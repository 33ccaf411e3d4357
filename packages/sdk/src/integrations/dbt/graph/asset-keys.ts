/** Gives each node of a dbt project its asset key or check. Pure; used at index time and again when a step runs. */
import { makersOfSources } from "../mapping/same-table.ts";
import { isAssetNode } from "../mapping/parents.ts";
import { checkName, homesOf, testsOf } from "../mapping/test-homes.ts";
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
  /** True where the test is a check of other assets as well, because it reads them, too. */
  readonly shared: boolean;
}

/** The key of a node before characters that keys do not have are replaced. */
export interface DbtKey {
  readonly text: string;
  /** Its YAML names it, in `meta`. */
  readonly explicit: boolean;
}

export interface DbtAssetMap {
  /** Asset key -> model, seed or snapshot that makes it. */
  readonly nodes: ReadonlyMap<string, DbtManifestNode>;
  /** Unique id (of sources, too) -> asset key. */
  readonly keys: ReadonlyMap<string, string>;
  /** Unique id -> the key as it was given. */
  readonly given: ReadonlyMap<string, DbtKey>;
  /** Unique id of a source -> the node of this project that makes its table. */
  readonly makers: ReadonlyMap<string, string>;
  /** Check id `<asset key>:<check name>` -> test. */
  readonly checks: ReadonlyMap<string, DbtCheck>;
  /** Unique id of a test -> ids of its checks: one for each asset that it is about. */
  readonly checkIds: ReadonlyMap<string, readonly string[]>;
  /** Selected tests that are no check, e.g. of sources; they run with everything else. */
  readonly otherTests: readonly DbtManifestNode[];
  /** Two nodes with one key; the first was kept. */
  readonly duplicates: readonly { readonly key: string; readonly first: string; readonly second: string }[];
}

export type KeyOf = (node: DbtNode) => string | undefined;

export interface MapOptions {
  /** Tests of sources are checks, too. */
  readonly sourceTests?: boolean | undefined;
  /** A source whose table a node makes is its own asset all the same, because a person asked to observe it. */
  readonly ownSources?: boolean | undefined;
  /** First segments of the keys of what the project makes, where no person gave a key. */
  readonly keyPrefix?: string | undefined;
}

export function mapAssets(graph: Omit<DbtGraph, "warnings" | "profileArgs">, keyOf: KeyOf, options: MapOptions = {}): DbtAssetMap {
  const { manifest, selected } = graph;
  const wanted = (id: string): boolean => selected === null || selected.has(id);
  const nodes = new Map<string, DbtManifestNode>();
  const keys = new Map<string, string>();
  const given = new Map<string, DbtKey>();
  const duplicates: { key: string; first: string; second: string }[] = [];
  const note = (node: DbtNode): string => {
    const key = givenKey(node, keyOf(node), options.keyPrefix);
    given.set(node.uniqueId, key);
    const sanitized = sanitizeKey(key.text);
    keys.set(node.uniqueId, sanitized);
    return sanitized;
  };
  const byKey = new Map<string, string>();
  for (const node of Object.values(manifest.nodes)) {
    if (!isAssetNode(node)) continue;
    const key = note(nodeOf(node));
    if (!byKey.has(key)) byKey.set(key, node.unique_id);
    if (!wanted(node.unique_id)) continue;
    const first = nodes.get(key);
    if (first) duplicates.push({ key, first: first.unique_id, second: node.unique_id });
    else nodes.set(key, node);
  }
  for (const source of Object.values(manifest.sources)) note(sourceOf(source));
  const makers = makersOfSources(manifest, (source) =>
    given.get(source)?.explicit === true ? byKey.get(keys.get(source) ?? "") : undefined,
  );
  for (const [source, maker] of options.ownSources === true ? [] : makers) {
    const key = keys.get(maker);
    if (key !== undefined && nodes.has(key)) keys.set(source, key);
  }
  return { nodes, keys, given, makers, duplicates, ...mapTests({ manifest, selected, nodes, keys, options }) };
}

function mapTests(input: {
  readonly manifest: DbtManifest;
  readonly selected: ReadonlySet<string> | null;
  readonly nodes: ReadonlyMap<string, DbtManifestNode>;
  readonly keys: ReadonlyMap<string, string>;
  readonly options: MapOptions;
}): Pick<DbtAssetMap, "checks" | "checkIds" | "otherTests"> {
  const { manifest, selected, nodes, keys, options } = input;
  const checks = new Map<string, DbtCheck>();
  const checkIds = new Map<string, string[]>();
  const otherTests: DbtManifestNode[] = [];
  const own = new Set([...nodes.values()].map((node) => node.unique_id));
  const root = manifest.metadata.project_name;
  // Where two tests have one name, the project's own keeps it.
  const tests = testsOf(manifest).sort((a, b) => Number(b.package_name === root) - Number(a.package_name === root));
  for (const test of tests) {
    if (selected !== null && !selected.has(test.unique_id)) continue;
    const homes = homesOf(manifest, test);
    const here = homes.filter((id) => own.has(id) || (options.sourceTests === true && id in manifest.sources));
    const ids: string[] = [];
    for (const home of here) {
      const asset = keys.get(home);
      if (asset === undefined) continue;
      const name = checkName(test, (candidate) => checks.has(`${asset}:${candidate}`));
      const id = `${asset}:${name}`;
      checks.set(id, { asset, name, test, onSource: home in manifest.sources, shared: homes.length > 1 });
      ids.push(id);
    }
    if (ids.length > 0) checkIds.set(test.unique_id, ids);
    // What is about nodes of another step is that step's.
    else if (homes.every((id) => id in manifest.sources)) otherTests.push(test);
  }
  return { checks, checkIds, otherTests };
}

/** `meta.headgate.asset_key` or `meta.dagster.asset_key`, else configured schema and name. */
function givenKey(node: DbtNode, translated: string | undefined, prefix = ""): DbtKey {
  if (translated !== undefined) return { text: translated, explicit: false };
  const segments = texts(metaOption(node, "asset_key"));
  if (segments.length > 0) return { text: segments.join("/"), explicit: true };
  const own = node.schema === null ? node.name : `${node.schema}/${node.name}`;
  return { text: node.resourceType === "source" || prefix === "" ? own : `${prefix}/${own}`, explicit: false };
}

export function sanitizeKey(key: string): string {
  return key
    .split("/")
    .map((segment) => segment.replaceAll(/[^A-Za-z0-9_.-]/g, "_"))
    .filter((segment) => segment !== "")
    .join("/");
}
