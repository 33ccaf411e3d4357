/** Computes the lineage layout of the active definitions and stores it, so that showing it is cheap. */
import { layoutGraph } from "@headgate/shared/domain/layout/layered.ts";
import { LAYOUT_FORMAT, saveLayout } from "./layout-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { catalogOf } from "./catalog.ts";

const NODE = { nodeWidth: 240, nodeHeight: 80 } as const;

export function drawLineage(tx: Tx): void {
  const { graph } = catalogOf(tx);
  const levels = graph.levels();
  const edges: [string, string][] = [];
  for (const [node, key] of graph.keys.entries())
    for (const upstream of graph.upstreamOf(node)) edges.push([graph.keys[upstream] ?? "", key]);
  const layout = layoutGraph(
    graph.keys.map((key, node) => ({ key, group: graph.assets[node]?.group ?? "" })),
    edges,
    NODE,
  );
  saveLayout(tx.db, {
    places: layout.positions.map(({ key, x, y }, node) => ({ key, x: Math.round(x), y: Math.round(y), level: levels[node] ?? 0 })),
    size: { width: Math.round(layout.width), height: Math.round(layout.height), ...NODE },
    format: LAYOUT_FORMAT,
  });
}
