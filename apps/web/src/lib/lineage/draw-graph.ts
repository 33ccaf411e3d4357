/** Draws on a canvas what would be too much for the DOM: all edges, and cells instead of cards when zoomed out. */
import type { LineageGraph } from "./lineage-graph.ts";
import { CARD_SCALE, visible, type Box, type Point, type Size, type Viewport } from "./viewport.ts";

export interface GraphColors {
  readonly edge: string;
  readonly edgeStrong: string;
  readonly cell: (node: number) => string;
  readonly text: string;
  /** Font family of the page. */
  readonly font: string;
}
export interface Highlight {
  readonly focus: number | null;
  readonly related: ReadonlySet<number> | null;
}

export function drawGraph(
  context: CanvasRenderingContext2D,
  scene: {
    readonly graph: LineageGraph;
    readonly view: Viewport;
    readonly screen: Size;
    readonly pixelRatio: number;
    readonly colors: GraphColors;
    readonly highlight: Highlight;
  },
): void {
  const { graph, view, screen, pixelRatio, colors, highlight } = scene;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, screen.width, screen.height);
  const scale = view.scale * pixelRatio;
  context.setTransform(scale, 0, 0, scale, -view.x * scale, -view.y * scale);
  const area = visible(view, screen);
  const isLit = ([from, to]: readonly [number, number]) =>
    highlight.related !== null && highlight.related.has(from) && highlight.related.has(to);
  const seen = [...graph.edges.keys()].filter((edge) => crosses(graph, edge, area));
  const lit = seen.filter((edge) => isLit(graph.edges[edge] ?? [-1, -1]));

  context.lineWidth = Math.max(1, 1.25 / view.scale) * (view.scale < CARD_SCALE ? 0.6 : 1);
  context.strokeStyle = colors.edge;
  context.globalAlpha = highlight.related === null ? 1 : 0.25;
  const litSet = new Set(lit);
  strokeEdges(
    context,
    graph,
    seen.filter((edge) => !litSet.has(edge)),
  );
  if (highlight.related !== null) {
    context.globalAlpha = 1;
    context.strokeStyle = colors.edgeStrong;
    context.lineWidth *= 1.6;
    strokeEdges(context, graph, lit);
  }
  if (view.scale < CARD_SCALE) drawCells(context, { graph, view, area, colors, highlight });
  context.globalAlpha = 1;
}

function crosses(graph: LineageGraph, edge: number, area: Box): boolean {
  const [from, to] = graph.edges[edge] ?? [-1, -1];
  const a = graph.nodes[from];
  const b = graph.nodes[to];
  if (!a || !b || b.x < area.x || a.x > area.x + area.width) return false;
  const heights = [a.y, b.y, ...(graph.bends[edge] ?? []).map((bend) => bend.y)];
  return Math.max(...heights) + graph.nodeHeight >= area.y && Math.min(...heights) <= area.y + area.height;
}

/** An edge over several columns runs straight through free places and bends only between columns. */
function strokeEdges(context: CanvasRenderingContext2D, graph: LineageGraph, edges: readonly number[]): void {
  context.beginPath();
  for (const edge of edges) {
    const [from, to] = graph.edges[edge] ?? [-1, -1];
    const a = graph.nodes[from];
    const b = graph.nodes[to];
    if (!a || !b) continue;
    let at = { x: a.x + graph.nodeWidth, y: a.y + graph.nodeHeight / 2 };
    context.moveTo(at.x, at.y);
    for (const bend of graph.bends[edge] ?? []) {
      curve(context, at, { x: bend.x - graph.nodeWidth / 2, y: bend.y });
      at = { x: bend.x + graph.nodeWidth / 2, y: bend.y };
      context.lineTo(at.x, at.y);
    }
    curve(context, at, { x: b.x, y: b.y + graph.nodeHeight / 2 });
  }
  context.stroke();
}

function curve(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  const pull = Math.max(24, Math.min(140, (to.x - from.x) / 2));
  context.bezierCurveTo(from.x + pull, from.y, to.x - pull, to.y, to.x, to.y);
}

function drawCells(
  context: CanvasRenderingContext2D,
  scene: {
    readonly graph: LineageGraph;
    readonly view: Viewport;
    readonly area: Box;
    readonly colors: GraphColors;
    readonly highlight: Highlight;
  },
): void {
  const { graph, view, area, colors, highlight } = scene;
  const withText = view.scale > 0.22;
  context.font = `${Math.min(34, 11 / view.scale)}px ${colors.font}`;
  context.textBaseline = "middle";
  graph.nodes.forEach((node, position) => {
    if (
      node.x > area.x + area.width ||
      node.x + graph.nodeWidth < area.x ||
      node.y > area.y + area.height ||
      node.y + graph.nodeHeight < area.y
    )
      return;
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
