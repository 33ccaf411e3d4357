/**
 * Finds assets that are not built from what is there now: compares the last materialization with code and dependencies, and names each
 * cause down to the asset where it began. Linear in the assets asked about and what lies above them.
 */
import type { AssetGraph } from "../asset-graph.ts";

/** Where an event stands in the order of a deployment. */
export interface EventPlace {
  readonly seq: number;
  /** The step that reported the event could see everything up to here. Two events of one step have the same number. */
  readonly saw: number;
}

export interface VersionFacts {
  /** The latest materialization; null: never. */
  readonly materialized: (EventPlace & { readonly at: number; readonly codeVersion: string | null }) | null;
  /** The latest event that changed the data. */
  readonly changed: (EventPlace & { readonly at: number }) | null;
  /** Set when the latest attempt failed. */
  readonly failedAt: number | null;
  /** Version of the code that is deployed now; null when it has none. */
  readonly codeVersion: string | null;
  /** Partitions that read what changed after they were materialized; `dependency` changed last. An asset without partitions counts as one. Left out: none. */
  readonly stalePartitions?: StalePartitions | null | undefined;
}

export interface StalePartitions {
  readonly count: number;
  readonly dependency: string;
  readonly at: number;
}

export type RootCause =
  | { readonly type: "code"; readonly asset: string }
  /** `partitions`: how many partitions of the asset read the change; left out: all of it does. */
  | {
      readonly type: "data";
      readonly asset: string;
      readonly dependency: string;
      readonly at: number;
      readonly partitions?: number | undefined;
    }
  | { readonly type: "upstream_failed"; readonly asset: string; readonly dependency: string; readonly at: number };

/** `upstream`: a dependency is stale itself; `root` is where that began. */
export type StaleCause =
  | RootCause
  | { readonly type: "upstream"; readonly asset: string; readonly dependency: string; readonly root: RootCause };

const MAX_CAUSES = 20;
const FRESH: readonly StaleCause[] = [];

/** The causes for which an asset is stale, its own first; none: it is not stale. What was found out for one asset is kept for the next. */
export function staleCausesOf(
  graph: AssetGraph,
  factsOf: (asset: string) => VersionFacts | undefined,
): (asset: string) => readonly StaleCause[] {
  const known = new Map<number, readonly StaleCause[]>();
  return (asset) => {
    const node = graph.indexOf(asset);
    if (node === -1) return FRESH;
    const before = known.get(node);
    if (before) return before;
    // Without recursion: a chain of a hundred thousand assets is deeper than the stack.
    const levels = graph.levels();
    const above = unknownAbove(graph, node, known);
    if (above.length > 1) above.sort((a, b) => (levels[a] ?? 0) - (levels[b] ?? 0));
    for (const current of above) known.set(current, judge(graph, { node: current, factsOf, known }));
    return known.get(node) ?? FRESH;
  };
}

/** The node and what lies above it, as far as nothing is known of it. */
function unknownAbove(graph: AssetGraph, node: number, known: ReadonlyMap<number, unknown>): number[] {
  const found = new Set<number>(known.has(node) ? [] : [node]);
  for (const current of found) for (const up of graph.upstreamOf(current)) if (!known.has(up)) found.add(up);
  return [...found];
}

interface Judged {
  readonly node: number;
  readonly factsOf: (asset: string) => VersionFacts | undefined;
  readonly known: ReadonlyMap<number, readonly StaleCause[]>;
}

function judge(graph: AssetGraph, { node, factsOf, known }: Judged): readonly StaleCause[] {
  const asset = graph.keys[node] ?? "";
  const facts = factsOf(asset);
  // What was never materialized is missing, and what nothing here materializes is as it is.
  if (!facts?.materialized || !graph.isMaterializable(node)) return FRESH;
  const { codeVersion } = facts.materialized;
  const causes: StaleCause[] = [];
  if (facts.codeVersion !== null && codeVersion !== null && codeVersion !== facts.codeVersion) causes.push({ type: "code", asset });
  for (const upstream of graph.upstreamOf(node)) {
    if (upstream === node) continue;
    const dependency = graph.keys[upstream] ?? "";
    const own =
      partitionCause({ graph, node, upstream }, facts.stalePartitions) ??
      (readsAll(graph, node, upstream) ? changeOf({ asset, dependency, built: facts.materialized, of: factsOf(dependency) }) : null);
    const cause = own ?? inherited(asset, dependency, known.get(upstream));
    if (cause) causes.push(cause);
  }
  return causes.slice(0, MAX_CAUSES);
}

function partitionCause(
  { graph, node, upstream }: { readonly graph: AssetGraph; readonly node: number; readonly upstream: number },
  stale: StalePartitions | null | undefined,
): RootCause | null {
  if (!stale || stale.dependency !== graph.keys[upstream]) return null;
  const cause = { type: "data", asset: graph.keys[node] ?? "", dependency: stale.dependency, at: stale.at } as const;
  if (graph.assets[node]?.partitions !== undefined) return { ...cause, partitions: stale.count };
  // Kept from a time when the asset read single partitions, the mark says nothing now.
  return readsSingle(graph, node, upstream) ? cause : null;
}

/** A partition reads some partitions of a partitioned dependency, so a change of another one is no cause. `stalePartitions` tells of those. */
function readsAll(graph: AssetGraph, node: number, upstream: number): boolean {
  if (graph.assets[upstream]?.partitions === undefined) return true;
  return graph.assets[node]?.partitions === undefined && !readsSingle(graph, node, upstream);
}

/** An asset without partitions that reads the last partition of a dependency, or named ones. */
export function readsSingle(graph: AssetGraph, node: number, upstream: number): boolean {
  const asset = graph.assets[node];
  if (!asset || asset.partitions !== undefined || graph.assets[upstream]?.partitions === undefined) return false;
  const mapping = asset.deps.find((dep) => dep.key === graph.keys[upstream])?.mapping;
  return mapping !== undefined && mapping.type !== "all";
}

function changeOf(input: {
  readonly asset: string;
  readonly dependency: string;
  readonly built: EventPlace & { readonly at: number };
  readonly of: VersionFacts | undefined;
}): RootCause | null {
  const { asset, dependency, built, of } = input;
  const changed = of?.changed ?? null;
  if (changed && !wasSeen(changed, built)) return { type: "data", asset, dependency, at: changed.at };
  const failedAt = of?.failedAt ?? null;
  return failedAt !== null && failedAt > built.at ? { type: "upstream_failed", asset, dependency, at: failedAt } : null;
}

function wasSeen(change: EventPlace, by: EventPlace): boolean {
  return change.seq <= by.saw || (change.saw === by.saw && change.seq < by.seq);
}

function inherited(asset: string, dependency: string, causes: readonly StaleCause[] | undefined): StaleCause | null {
  const first = causes?.[0];
  if (!first) return null;
  return { type: "upstream", asset, dependency, root: first.type === "upstream" ? first.root : first };
}
