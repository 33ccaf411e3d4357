/**
 * Orders the nodes of a column. Sweeps to the right and left move each node to the median of its neighbours; the order
 * with the fewest crossings, counted exactly with a Fenwick tree, is kept.
 */
import { neighbours, type Adjacency } from "../asset-graph.ts";
import type { LayeredGraph } from "./layers.ts";

const MAX_SWEEPS = 40;
const PATIENCE = 5;

/** Changes `graph.layers` in place and returns the number of crossings. Starts once from each side, because the start decides where it ends. */
export function orderLayers(graph: LayeredGraph): number {
  const first = copyOf(graph.layers);
  const rightwards = sweepFrom(graph, true);
  const kept = copyOf(graph.layers);
  if (rightwards === 0) return 0;
  restore(graph, first);
  const leftwards = sweepFrom(graph, false);
  if (leftwards >= rightwards) restore(graph, kept);
  return Math.min(leftwards, rightwards);
}

function sweepFrom(graph: LayeredGraph, rightwardsFirst: boolean): number {
  const { layers } = graph;
  const position = new Float64Array(graph.count);
  const wanted = new Float64Array(graph.count);
  for (const layer of layers) number(layer, position);
  let best = countCrossings(graph, position);
  let kept = copyOf(layers);
  for (let sweep = 0, stale = 0; sweep < MAX_SWEEPS && stale < PATIENCE && best > 0; sweep++) {
    const rightwards = (sweep % 2 === 0) === rightwardsFirst;
    for (const layer of rightwards ? layers : layers.toReversed()) {
      const towards = rightwards ? graph.up : graph.down;
      for (const node of layer) wanted[node] = median(neighbours(towards, node), position) ?? position[node] ?? 0;
      layer.sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0) || (position[a] ?? 0) - (position[b] ?? 0));
      number(layer, position);
    }
    const crossings = countCrossings(graph, position);
    stale = crossings < best ? 0 : stale + 1;
    if (stale > 0) continue;
    best = crossings;
    kept = copyOf(layers);
  }
  restore(graph, kept);
  return best;
}

function copyOf(layers: readonly Int32Array[]): Int32Array[] {
  return layers.map((layer) => layer.slice());
}

function restore(graph: LayeredGraph, layers: readonly Int32Array[]): void {
  for (const [column, layer] of layers.entries()) graph.layers[column]?.set(layer);
}

function number(layer: Int32Array, position: Float64Array): void {
  for (let i = 0; i < layer.length; i++) position[layer[i] ?? 0] = i;
}

function median(nodes: Int32Array, position: Float64Array): number | null {
  if (nodes.length === 0) return null;
  if (nodes.length === 1) return position[nodes[0] ?? 0] ?? 0;
  const places = Float64Array.from(nodes, (node) => position[node] ?? 0).sort();
  const middle = places.length >> 1;
  return places.length % 2 === 1 ? (places[middle] ?? 0) : ((places[middle - 1] ?? 0) + (places[middle] ?? 0)) / 2;
}

function countCrossings({ layers, down }: LayeredGraph, position: Float64Array): number {
  let crossings = 0;
  for (let column = 0; column + 1 < layers.length; column++) {
    const size = layers[column + 1]?.length ?? 0;
    crossings += crossingsBetween(layers[column] ?? new Int32Array(), { down, position, size });
  }
  return crossings;
}

/** An edge crosses all earlier edges that end below it. */
function crossingsBetween(left: Int32Array, right: { down: Adjacency; position: Float64Array; size: number }): number {
  const tree = new Int32Array(right.size + 1);
  let crossings = 0;
  let seen = 0;
  for (const node of left) {
    const ends = neighbours(right.down, node);
    for (const end of ends) crossings += seen - sumUpTo(tree, (right.position[end] ?? 0) + 1);
    for (const end of ends) add(tree, (right.position[end] ?? 0) + 1);
    seen += ends.length;
  }
  return crossings;
}

function sumUpTo(tree: Int32Array, index: number): number {
  let sum = 0;
  for (let i = index; i > 0; i -= i & -i) sum += tree[i] ?? 0;
  return sum;
}

function add(tree: Int32Array, index: number): void {
  for (let i = index; i < tree.length; i += i & -i) tree[i] = (tree[i] ?? 0) + 1;
}
