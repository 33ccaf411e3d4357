/** Gives each node its column: the length of the longest path to it. Edges that skip columns get a dummy node in each of them. */
import { adjacency, neighbours, type Adjacency } from "../asset-graph.ts";

export interface LayeredGraph {
  /** Real nodes come first; the rest are dummies of long edges. */
  readonly realCount: number;
  readonly count: number;
  readonly rank: Int32Array;
  readonly up: Adjacency;
  readonly down: Adjacency;
  /** Nodes of each column, in their first order. */
  readonly layers: Int32Array[];
  /** Edge -> its dummy nodes, from left to right. */
  readonly chains: readonly (readonly number[])[];
}

/** An asset that everything in a long chain reads would need a dummy for every pair of columns. */
const MAX_DUMMIES = 200_000;

/** `order`: nodes in the order in which they should first be tried within their column. Edges are pairs of node numbers. */
export function layerGraph(order: readonly number[], edges: readonly (readonly [number, number])[]): LayeredGraph {
  const realCount = order.length;
  const ranks = longestPathRanks(order, edges);
  const rank: number[] = [...ranks];
  const from: number[] = [];
  const to: number[] = [];
  const chains: number[][] = [];
  const lengthOf = ([a, b]: readonly [number, number]) => Math.abs((ranks[a] ?? 0) - (ranks[b] ?? 0));
  const dummies = edges.reduce((total, edge) => total + lengthOf(edge), 0);
  // Longer ones are drawn as straight lines then, across whatever stands between.
  const longest = dummies <= MAX_DUMMIES ? Infinity : Math.max(1, Math.floor(MAX_DUMMIES / edges.length));
  for (const edge of edges) {
    const [a, b] = edge;
    if (lengthOf(edge) > longest) {
      chains.push([]);
      continue;
    }
    // An edge of a circle would point backwards; it is drawn the other way round.
    const [left, right] = (rank[a] ?? 0) <= (rank[b] ?? 0) ? [a, b] : [b, a];
    const chain: number[] = [];
    let previous = left;
    for (let column = (rank[left] ?? 0) + 1; column < (rank[right] ?? 0); column++) {
      const dummy = rank.push(column) - 1;
      from.push(previous);
      to.push(dummy);
      chain.push(dummy);
      previous = dummy;
    }
    if (rank[left] !== rank[right]) {
      from.push(previous);
      to.push(right);
    }
    chains.push(left === a ? chain : chain.toReversed());
  }
  const count = rank.length;
  return {
    realCount,
    count,
    rank: Int32Array.from(rank),
    up: adjacency(count, to, from),
    down: adjacency(count, from, to),
    layers: columns(order, rank),
    chains,
  };
}

function columns(order: readonly number[], rank: readonly number[]): Int32Array[] {
  const layers: number[][] = [];
  const place = (node: number) => {
    const column = rank[node] ?? 0;
    while (layers.length <= column) layers.push([]);
    layers[column]?.push(node);
  };
  for (const node of order) place(node);
  for (let dummy = order.length; dummy < rank.length; dummy++) place(dummy);
  return layers.map((layer) => Int32Array.from(layer));
}

/** A circle is cut at its first node in the given order, so a layout never fails. */
function longestPathRanks(order: readonly number[], edges: readonly (readonly [number, number])[]): Int32Array {
  const size = order.length;
  const down = adjacency(
    size,
    edges.map(([a]) => a),
    edges.map(([, b]) => b),
  );
  const waiting = new Int32Array(size);
  for (const [, b] of edges) waiting[b] = (waiting[b] ?? 0) + 1;
  const rank = new Int32Array(size);
  const done = new Uint8Array(size);
  const queue: number[] = order.filter((node) => waiting[node] === 0);
  let nextForced = 0;
  for (let at = 0; at < size; at++) {
    let node = queue[at];
    while (node === undefined) {
      const candidate = order[nextForced++] ?? 0;
      if (!done[candidate]) node = queue[at] = candidate;
    }
    done[node] = 1;
    for (const next of neighbours(down, node)) {
      if (done[next]) continue;
      rank[next] = Math.max(rank[next] ?? 0, (rank[node] ?? 0) + 1);
      const left = (waiting[next] ?? 0) - 1;
      waiting[next] = left;
      if (left === 0) queue.push(next);
    }
  }
  return rank;
}
