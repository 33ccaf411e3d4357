/**
 * Finds assets that are not built from what is there now: compares the last materialization with code and dependencies, and names each
 * cause down to the asset where it began. Linear in the assets asked about and what lies above them.
 */
import type { AssetGraph } from "../asset-graph.ts";

/** What was true of an asset when it was last materialized; null: never. */
export interface MaterializedVersion {
  readonly dataVersion: string;
  readonly codeVersion: string | null;
  /** Data versions of the dependencies that it read. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface VersionFacts {
  latest(asset: string): MaterializedVersion | null;
  /** Version of the code that is deployed now; null when it has none. */
  codeVersion(asset: string): string | null;
}

export type StaleCause =
  | { readonly type: "code"; readonly asset: string; readonly from: string | null; readonly to: string }
  | { readonly type: "data"; readonly asset: string; readonly dependency: string; readonly from: string; readonly to: string }
  | { readonly type: "dependency_added"; readonly asset: string; readonly dependency: string }
  | { readonly type: "dependency_removed"; readonly asset: string; readonly dependency: string }
  /** A dependency is stale itself; `root` is where that began. */
  | { readonly type: "upstream"; readonly asset: string; readonly dependency: string; readonly root: StaleCause };

export interface Staleness {
  readonly state: "missing" | "fresh" | "stale";
  readonly causes: readonly StaleCause[];
}

const MAX_CAUSES = 20;

/** What was found out for one asset is kept for the next. */
export function stalenessOf(graph: AssetGraph, facts: VersionFacts): (asset: string) => Staleness {
  const known = new Map<number, Staleness>();
  return (asset) => {
    const node = graph.indexOf(asset);
    if (node === -1) return { state: "missing", causes: [] };
    // Without recursion: a chain of a hundred thousand assets is deeper than the stack.
    const levels = graph.levels();
    const above = unknownAbove(graph, node, known).toSorted((a, b) => (levels[a] ?? 0) - (levels[b] ?? 0));
    for (const current of above) known.set(current, judge(graph, { node: current, facts, known }));
    return known.get(node) ?? { state: "missing", causes: [] };
  };
}

/** The node and what lies above it, as far as nothing is known of it. */
function unknownAbove(graph: AssetGraph, node: number, known: ReadonlyMap<number, Staleness>): number[] {
  const found = new Set<number>(known.has(node) ? [] : [node]);
  for (const current of found) for (const up of graph.upstreamOf(current)) if (!known.has(up)) found.add(up);
  return [...found];
}

function judge(graph: AssetGraph, at: { node: number; facts: VersionFacts; known: ReadonlyMap<number, Staleness> }): Staleness {
  const asset = graph.keys[at.node] ?? "";
  const latest = at.facts.latest(asset);
  // What nothing here materializes is as it is.
  if (!latest) return { state: graph.isMaterializable(at.node) ? "missing" : "fresh", causes: [] };
  const causes: StaleCause[] = [];
  const code = at.facts.codeVersion(asset);
  if (code !== null && code !== latest.codeVersion) causes.push({ type: "code", asset, from: latest.codeVersion, to: code });
  const dependencies = new Set<string>();
  for (const upstream of graph.upstreamOf(at.node)) {
    const dependency = graph.keys[upstream] ?? "";
    dependencies.add(dependency);
    const cause =
      causeOf({ asset, dependency, latest, upstream: at.facts.latest(dependency) }) ?? inherited(asset, dependency, at.known.get(upstream));
    if (cause) causes.push(cause);
  }
  for (const dependency of Object.keys(latest.inputs)) {
    if (!dependencies.has(dependency)) causes.push({ type: "dependency_removed", asset, dependency });
  }
  return { state: causes.length > 0 ? "stale" : "fresh", causes: causes.slice(0, MAX_CAUSES) };
}

function causeOf(input: {
  asset: string;
  dependency: string;
  latest: MaterializedVersion;
  upstream: MaterializedVersion | null;
}): StaleCause | null {
  const { asset, dependency, latest, upstream } = input;
  const read = Object.hasOwn(latest.inputs, dependency) ? latest.inputs[dependency] : undefined;
  if (read === undefined) return upstream ? { type: "dependency_added", asset, dependency } : null;
  if (!upstream || upstream.dataVersion === read) return null;
  return { type: "data", asset, dependency, from: read, to: upstream.dataVersion };
}

function inherited(asset: string, dependency: string, staleness: Staleness | undefined): StaleCause | null {
  const [first] = staleness?.state === "stale" ? staleness.causes : [];
  if (!first) return null;
  return { type: "upstream", asset, dependency, root: first.type === "upstream" ? first.root : first };
}

export function describeStaleCause(cause: StaleCause): string {
  switch (cause.type) {
    case "code":
      return cause.from === null
        ? `code of ${cause.asset} got version ${cause.to}`
        : `code of ${cause.asset} changed from ${cause.from} to ${cause.to}`;
    case "data":
      return `${cause.dependency} was updated`;
    case "dependency_added":
      return `${cause.dependency} is a new dependency`;
    case "dependency_removed":
      return `${cause.dependency} is no longer a dependency`;
    case "upstream":
      return `${cause.dependency} is stale: ${describeStaleCause(cause.root)}`;
    default:
      return cause satisfies never;
  }
}
