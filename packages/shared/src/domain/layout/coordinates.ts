/**
 * Gives each node its height: as near as possible to the mean of its neighbours without changing the order of its column or coming
 * closer than the gap: isotonic regression by pooling neighbours that would overlap, swept in both directions.
 */
import { neighbours } from "../asset-graph.ts";
import type { LayeredGraph } from "./layers.ts";

const SWEEPS = 8;

export interface Sizes {
  readonly nodeHeight: number;
  readonly bendHeight: number;
  readonly gapY: number;
}

/** The middle of each node, dummies included; the topmost edge of all is 0. */
export function placeNodes(graph: LayeredGraph, sizes: Sizes): Float64Array {
  const y = new Float64Array(graph.count);
  const height = (node: number) => (node < graph.realCount ? sizes.nodeHeight : sizes.bendHeight);
  const offsets = graph.layers.map((layer) => stack(layer, height, sizes.gapY));
  for (const [column, layer] of graph.layers.entries()) layer.forEach((node, i) => (y[node] = offsets[column]?.[i] ?? 0));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const towards = sweep % 2 === 0 ? graph.up : graph.down;
    const order = [...graph.layers.keys()];
    for (const column of sweep % 2 === 0 ? order : order.toReversed()) {
      const layer = graph.layers[column];
      const offset = offsets[column];
      if (!layer || !offset) continue;
      const wanted = Float64Array.from(layer, (node) => mean(neighbours(towards, node), y) ?? y[node] ?? 0);
      const placed = pool(wanted, offset);
      layer.forEach((node, i) => (y[node] = placed[i] ?? 0));
    }
  }
  let top = Infinity;
  for (let node = 0; node < graph.count; node++) top = Math.min(top, (y[node] ?? 0) - height(node) / 2);
  return y.map((value) => value - (top === Infinity ? 0 : top));
}

/** Middles of a column packed as tightly as allowed. */
function stack(layer: Int32Array, height: (node: number) => number, gap: number): Float64Array {
  let top = 0;
  return Float64Array.from(layer, (node) => {
    const middle = top + height(node) / 2;
    top += height(node) + gap;
    return middle;
  });
}

function mean(nodes: Int32Array, y: Float64Array): number | null {
  if (nodes.length === 0) return null;
  let sum = 0;
  for (const node of nodes) sum += y[node] ?? 0;
  return sum / nodes.length;
}

/** Least squares to `wanted` under "at least as far apart as in `offset`": neighbours that would overlap move as one block. */
function pool(wanted: Float64Array, offset: Float64Array): Float64Array {
  const sums: number[] = [];
  const starts: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < wanted.length; i++) {
    let sum = (wanted[i] ?? 0) - (offset[i] ?? 0);
    let count = 1;
    let start = i;
    while (sums.length > 0 && (sums.at(-1) ?? 0) / (counts.at(-1) ?? 1) >= sum / count) {
      sum += sums.pop() ?? 0;
      count += counts.pop() ?? 0;
      start = starts.pop() ?? start;
    }
    sums.push(sum);
    counts.push(count);
    starts.push(start);
  }
  const placed = new Float64Array(wanted.length);
  for (let block = 0; block < starts.length; block++) {
    const shift = (sums[block] ?? 0) / (counts[block] ?? 1);
    for (let i = starts[block] ?? 0; i < (starts[block + 1] ?? wanted.length); i++) placed[i] = shift + (offset[i] ?? 0);
  }
  return placed;
}
