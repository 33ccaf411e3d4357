/** Draws what is too much for the DOM: edges always, and cells instead of cards when the graph is small on the screen. */
import type { LineageGraph } from "./lineage-graph.ts";
import { CARD_SCALE, visible, type Size, type Viewport } from "./viewport.ts";

export interface GraphColors {
  readonly edge: string;
  readonly edgeStrong: string;
  readonly cell: (node: number) => string;
  readonly text: string;
}
export interface Highlight {
  readonly focus: number | null;
  readonly related: ReadonlySet<number> | null;
}

export function drawGraph(
  context: CanvasRenderingContext2D,
  scene: { readonly graph: LineageGraph; readonly view: Viewport; readonly screen: Size; readonly pixelRatio: number; readonly colors: GraphColors; readonly highlight: Highlight },
): void {
  const { graph, view, screen, pixelRatio, colors, highlight } = scene;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, screen.width, screen.height);
  const scale = view.scale * pixelRatio;
  context.setTransform(scale, 0, 0, scale, -view.x * scale, -view.y * scale);
  const area = visible(view, screen);
  const isLit = ([from, to]: readonly [number, number]) => highlight.related !== null && highlight.related.has(from) && highlight.related.has(to);

  context.lineWidth = Math.max(1, 1.25 / view.scale) * (view.scale < CARD_SCALE ? 0.6 : 1);
  context.strokeStyle = colors.edge;
  context.globalAlpha = highlight.related === null ? 1 : 0.25;
  strokeEdges(context, graph, graph.edges.filter((edge) => !isLit(edge) && crosses(graph, edge, area)));
  if (highlight.related !== null) {
    context.globalAlpha = 1;
    context.strokeStyle = colors.edgeStrong;
    context.lineWidth *= 1.6;
    strokeEdges(context, graph, graph.edges.filter((edge) => isLit(edge) && crosses(graph, edge, area)));
  }
  if (view.scale < CARD_SCALE) drawCells(context, { graph, view, area, colors, highlight });
  context.globalAlpha = 1;
}

function crosses(graph: LineageGraph, [from, to]: readonly [number, number], area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): boolean {
  const a = graph.nodes[from];
  const b = graph.nodes[to];
  if (!a || !b) return false;
  if (b.x < area.x || a.x + graph.nodeWidth > area.x + area.width + graph.nodeWidth * 2) return false;
  const top = Math.min(a.y, b.y);
  const bottom = Math.max(a.y, b.y) + graph.nodeHeight;
  return bottom >= area.y && top <= area.y + area.height;
}

function strokeEdges(context: CanvasRenderingContext2D, graph: LineageGraph, edges: readonly (readonly [number, number])[]): void {
  context.beginPath();
  for (const [from, to] of edges) {
    const a = graph.nodes[from];
    const b = graph.nodes[to];
    if (!a || !b) continue;
    const x1 = a.x + graph.nodeWidth;
    const y1 = a.y + graph.nodeHeight / 2;
    const x2 = b.x;
    const y2 = b.y + graph.nodeHeight / 2;
    const bend = Math.max(24, Math.min(140, (x2 - x1) / 2));
    context.moveTo(x1, y1);
    context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
  }
  context.stroke();
}

function drawCells(
  context: CanvasRenderingContext2D,
  scene: { readonly graph: LineageGraph; readonly view: Viewport; readonly area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }; readonly colors: GraphColors; readonly highlight: Highlight },
): void {
  const { graph, view, area, colors, highlight } = scene;
  const withText = view.scale > 0.22;
  context.font = `${Math.min(34, 11 / view.scale)}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  graph.nodes.forEach((node, position) => {
    if (node.x > area.x + area.width || node.x + graph.nodeWidth < area.x || node.y > area.y + area.height || node.y + graph.nodeHeight < area.y) return;
    context.globalAlpha = highlight.related === null || highlight.related.has(position) ? 1 : 0.3;
    context.fillStyle = colors.cell(position);
    context.beginPath();
    context.roundRect(node.x, node.y, graph.nodeWidth, graph.nodeHeight, 12);
    context.fill();
    if (position === highlight.focus) {
      context.strokeStyle = colors.edgeStrong;
      context.lineWidth = 3 / view.scale;
      context.stroke();
    }
    if (!withText) return;
    context.fillStyle = colors.text;
    context.fillText(clip(node.name, 22), node.x + 14, node.y + graph.nodeHeight / 2, graph.nodeWidth - 28);
  });
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
