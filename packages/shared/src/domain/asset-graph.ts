/**
 * The dependencies of assets as a compact graph: nodes are small integers, neighbours sit in two flat arrays (compressed sparse
 * rows), so walking 10,000 assets takes milliseconds. Keys that occur only as a dependency become external nodes.
 */
import type { GraphAsset } from "./run/plan-types.ts";

/** Neighbours of node `i` are `targets[offsets[i]] .. targets[offsets[i + 1] - 1]`. */
export interface Adjacency {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

export interface AssetGraph {
  readonly size: number;
  /** Node -> key. */
  readonly keys: readonly string[];
  /** Node -> definition; null when the key occurs only as a dependency. */
  readonly assets: readonly (GraphAsset | null)[];
  readonly up: Adjacency;
  readonly down: Adjacency;
  /** Key -> node, or -1. */
  indexOf(key: string): number;
  has(key: string): boolean;
  /** Can something here materialize this node? */
  isMaterializable(node: number): boolean;
  /** The nodes and everything above them, at most `depth` layers (all when left out), nearest first. */
  upstream(nodes: Iterable<number>, depth?: number): number[];
  downstream(nodes: Iterable<number>, depth?: number): number[];
  /** Those of the nodes without an ancestor among them. */
  roots(nodes: Iterable<number>): number[];
  /** Those of the nodes without a descendant among them. */
  sinks(nodes: Iterable<number>): number[];
  /** Node -> length of the longest path that leads to it. */
  levels(): Int32Array;
  upstreamOf(node: number): Int32Array;
  downstreamOf(node: number): Int32Array;
}

/** Declared twice, a materializable definition wins over an external one, otherwise the first. */
export function buildAssetGraph(definitions: readonly GraphAsset[]): AssetGraph {
  const { keys, assets, index } = collectNodes(definitions);
  const edges = collectEdges(assets, index);
  const up = adjacency(keys.length, edges.to, edges.from);
  const down = adjacency(keys.length, edges.from, edges.to);
  let levels: Int32Array | null = null;
  return {
    size: keys.length,
    keys,
    assets,
    up,
    down,
    indexOf: (key) => index.get(key) ?? -1,
    has: (key) => index.has(key),
    isMaterializable: (node) => (assets[node]?.unit ?? null) !== null,
    upstream: (nodes, depth = Infinity) => walk(up, nodes, depth),
    downstream: (nodes, depth = Infinity) => walk(down, nodes, depth),
    roots: (nodes) => withoutReachable(down, nodes),
    sinks: (nodes) => withoutReachable(up, nodes),
    levels: () => (levels ??= longestPaths(up, down)),
    upstreamOf: (node) => neighbours(up, node),
    downstreamOf: (node) => neighbours(down, node),
  };
}

/** One cycle, written out with its first key repeated at the end (`["a", "b", "a"]`), or null. */
export function findCycle(definitions: readonly GraphAsset[]): string[] | null {
  const { keys, assets, index } = collectNodes(definitions);
  const edges = collectEdges(assets, index);
  const down = adjacency(keys.length, edges.from, edges.to);
  const UNSEEN = 0;
  const OPEN = 1;
  const DONE = 2;
  const state = new Uint8Array(keys.length);
  const cursor = Int32Array.from(down.offsets.subarray(0, keys.length));
  for (let start = 0; start < keys.length; start++) {
    if (state[start] !== UNSEEN) continue;
    const path = [start];
    state[start] = OPEN;
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const at = cursor[node] ?? 0;
      if (at === down.offsets[node + 1]) {
        state[node] = DONE;
        path.pop();
        continue;
      }
      cursor[node] = at + 1;
      const next = down.targets[at] ?? 0;
      if (state[next] === OPEN) return [...path.slice(path.indexOf(next)), next].map((entry) => keys[entry] ?? "");
      if (state[next] === UNSEEN) {
        state[next] = OPEN;
        path.push(next);
      }
    }
  }
  return null;
}

function collectNodes(definitions: readonly GraphAsset[]) {
  const keys: string[] = [];
  const assets: (GraphAsset | null)[] = [];
  const index = new Map<string, number>();
  for (const asset of definitions) {
    const known = index.get(asset.key);
    if (known === undefined) {
      index.set(asset.key, keys.push(asset.key) - 1);
      assets.push(asset);
    } else if (assets[known]?.unit === null && asset.unit !== null) assets[known] = asset;
  }
  for (const asset of assets.slice()) {
    for (const dep of asset?.deps ?? []) {
      if (index.has(dep.key)) continue;
      index.set(dep.key, keys.push(dep.key) - 1);
      assets.push(null);
    }
  }
  return { keys, assets, index };
}

function collectEdges(assets: readonly (GraphAsset | null)[], index: ReadonlyMap<string, number>) {
  const from: number[] = [];
  const to: number[] = [];
  for (const [node, asset] of assets.entries()) {
    if (!asset) continue;
    const seen = new Set<number>();
    for (const dep of asset.deps) {
      const upstream = index.get(dep.key);
      if (upstream === undefined || seen.has(upstream)) continue;
      seen.add(upstream);
      from.push(upstream);
      to.push(node);
    }
  }
  return { from, to };
}

/** Flat adjacency by counting sort; the order of each row is the order of the edges. */
export function adjacency(size: number, from: readonly number[], to: readonly number[]): Adjacency {
  const offsets = new Int32Array(size + 1);
  for (const node of from) offsets[node + 1] = (offsets[node + 1] ?? 0) + 1;
  for (let i = 0; i < size; i++) offsets[i + 1] = (offsets[i + 1] ?? 0) + (offsets[i] ?? 0);
  const next = offsets.slice();
  const targets = new Int32Array(from.length);
  for (const [edge, node] of from.entries()) {
    const at = next[node] ?? 0;
    targets[at] = to[edge] ?? 0;
    next[node] = at + 1;
  }
  return { offsets, targets };
}

export function neighbours(rows: Adjacency, node: number): Int32Array {
  return rows.targets.subarray(rows.offsets[node], rows.offsets[node + 1]);
}

function sizeOf(rows: Adjacency): number {
  return rows.offsets.length - 1;
}

function walk(rows: Adjacency, start: Iterable<number>, depth: number): number[] {
  const seen = new Uint8Array(sizeOf(rows));
  const found: number[] = [];
  for (const node of start) {
    if (seen[node]) continue;
    seen[node] = 1;
    found.push(node);
  }
  let layerStart = 0;
  for (let layer = 0; layer < depth && layerStart < found.length; layer++) {
    const layerEnd = found.length;
    for (let i = layerStart; i < layerEnd; i++) {
      for (const next of neighbours(rows, found[i] ?? 0)) {
        if (seen[next]) continue;
        seen[next] = 1;
        found.push(next);
      }
    }
    layerStart = layerEnd;
  }
  return found;
}

/** Members that no member reaches in one step or more. One walk over all of them, so linear, and safe on cycles. */
function withoutReachable(rows: Adjacency, members: Iterable<number>): number[] {
  const size = sizeOf(rows);
  const list = [...new Set(members)];
  const reached = new Uint8Array(size);
  const queue = [...list];
  const queued = new Uint8Array(size);
  for (const node of list) queued[node] = 1;
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    for (const next of neighbours(rows, node)) {
      reached[next] = 1;
      if (queued[next]) continue;
      queued[next] = 1;
      queue.push(next);
    }
  }
  return list.filter((node) => !reached[node]);
}

function longestPaths(up: Adjacency, down: Adjacency): Int32Array {
  const size = sizeOf(up);
  const levels = new Int32Array(size);
  const waiting = Int32Array.from({ length: size }, (_, node) => neighbours(up, node).length);
  const queue: number[] = [];
  for (let node = 0; node < size; node++) if (waiting[node] === 0) queue.push(node);
  for (const node of queue) {
    const level = (levels[node] ?? 0) + 1;
    for (const next of neighbours(down, node)) {
      if ((levels[next] ?? 0) < level) levels[next] = level;
      const left = (waiting[next] ?? 0) - 1;
      waiting[next] = left;
      if (left === 0) queue.push(next);
    }
  }
  return levels;
}
