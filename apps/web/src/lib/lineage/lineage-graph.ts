/** The graph to draw: nodes with positions, edges as index pairs, neighbours for the keyboard and for highlighting. */
import { layoutGraph } from "@headgate/shared/domain/layout/layered.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import type { Box, Point } from "./viewport.ts";

type Asset = DefinitionsDocument["assets"][number];

export interface LineageNode {
  readonly key: string;
  /** Last segment of the key: what people call it. */
  readonly name: string;
  readonly group: string;
  readonly kinds: readonly string[];
  readonly external: boolean;
  readonly level: number;
  readonly x: number;
  readonly y: number;
}
export interface LineageGraph {
  readonly nodes: readonly LineageNode[];
  readonly index: ReadonlyMap<string, number>;
  readonly edges: readonly (readonly [number, number])[];
  /** For each edge, where it passes between other cards on its way over several columns: the middle of each free place. */
  readonly bends: readonly (readonly Point[])[];
  readonly upstream: readonly (readonly number[])[];
  readonly downstream: readonly (readonly number[])[];
  readonly nodeWidth: number;
  readonly nodeHeight: number;
  readonly box: Box;
}

/** Up to so many cards are laid out here, with the way of every edge; beyond that the places computed at publish spare the reader the wait. */
const LAYOUT_HERE = 600;
const GAP_X = 48;

/** All assets with the positions computed at publish, or only `keys`, laid out anew. */
export function lineageGraph(definitions: DefinitionsDocument, keys: ReadonlySet<string> | null): LineageGraph {
  const whole = keys === null || keys.size >= definitions.assets.length;
  const assets = whole ? definitions.assets : definitions.assets.filter((asset) => keys.has(asset.key));
  const index = new Map(assets.map((asset, position) => [asset.key, position]));
  const upstream: number[][] = assets.map(() => []);
  const downstream: number[][] = assets.map(() => []);
  const edges: [number, number][] = [];
  assets.forEach((asset, to) => {
    for (const dep of asset.deps) {
      const from = index.get(dep.key);
      if (from === undefined || from === to) continue;
      edges.push([from, to]);
      upstream[to]?.push(from);
      downstream[from]?.push(to);
    }
  });
  const { nodeWidth, nodeHeight } = definitions.layout;
  const published = whole && assets.length > LAYOUT_HERE;
  const layout = published
    ? null
    : layoutGraph(
        assets,
        edges.map(([from, to]) => [assets[from]?.key ?? "", assets[to]?.key ?? ""] as const),
        { nodeWidth, nodeHeight, gapX: GAP_X },
      );
  const positions = layout?.positions ?? assets;
  const bends = edges.map((_, edge) => layout?.bends[edge] ?? []);
  const nodes = assets.map((asset, position) => toNode(asset, positions[position] ?? { x: 0, y: 0 }));
  return { nodes, index, edges, bends, upstream, downstream, nodeWidth, nodeHeight, box: bounds(nodes, nodeWidth, nodeHeight) };
}

function toNode(asset: Asset, at: { readonly x: number; readonly y: number }): LineageNode {
  const name = asset.key.slice(asset.key.lastIndexOf("/") + 1);
  return {
    key: asset.key,
    name,
    group: asset.group,
    kinds: asset.kinds,
    external: asset.unit === null,
    level: asset.level,
    x: at.x,
    y: at.y,
  };
}

function bounds(nodes: readonly LineageNode[], width: number, height: number): Box {
  if (nodes.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const node of nodes) {
    left = Math.min(left, node.x);
    top = Math.min(top, node.y);
    right = Math.max(right, node.x + width);
    bottom = Math.max(bottom, node.y + height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The node, everything above it and everything below it, to any depth unless `depth` is given. */
export function impact(
  graph: LineageGraph,
  start: number,
  depth = Infinity,
): { readonly upstream: ReadonlySet<number>; readonly downstream: ReadonlySet<number> } {
  return { upstream: reach(graph.upstream, start, depth), downstream: reach(graph.downstream, start, depth) };
}

function reach(neighbours: readonly (readonly number[])[], start: number, depth: number): Set<number> {
  const seen = new Set<number>();
  let frontier = [start];
  for (let step = 0; step < depth && frontier.length > 0; step++) {
    const next: number[] = [];
    for (const node of frontier) {
      for (const other of neighbours[node] ?? []) {
        if (other === start || seen.has(other)) continue;
        seen.add(other);
        next.push(other);
      }
    }
    frontier = next;
  }
  return seen;
}

export type Direction = "left" | "right" | "up" | "down";

/** Where an arrow key leads: left and right along edges, up and down to the nearest node of the same column. */
export function step(graph: LineageGraph, from: number, direction: Direction): number | null {
  const here = graph.nodes[from];
  if (!here) return null;
  if (direction === "left" || direction === "right") {
    return nearest(graph, direction === "left" ? graph.upstream[from] : graph.downstream[from], (node) => Math.abs(node.y - here.y));
  }
  const sign = direction === "down" ? 1 : -1;
  const column = graph.nodes.flatMap((node, position) => (node.x === here.x && (node.y - here.y) * sign > 0 ? [position] : []));
  return nearest(graph, column, (node) => Math.abs(node.y - here.y));
}

function nearest(graph: LineageGraph, candidates: readonly number[] | undefined, distance: (node: LineageNode) => number): number | null {
  let best: number | null = null;
  let shortest = Infinity;
  for (const candidate of candidates ?? []) {
    const node = graph.nodes[candidate];
    if (!node || distance(node) >= shortest) continue;
    best = candidate;
    shortest = distance(node);
  }
  return best;
}

/** The node whose card contains the world point. */
export function nodeAt(graph: LineageGraph, at: { readonly x: number; readonly y: number }): number | null {
  for (let position = graph.nodes.length - 1; position >= 0; position--) {
    const node = graph.nodes[position];
    if (node && at.x >= node.x && at.x <= node.x + graph.nodeWidth && at.y >= node.y && at.y <= node.y + graph.nodeHeight) return position;
  }
  return null;
}
