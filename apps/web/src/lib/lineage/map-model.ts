/** Layout of the map: one lane per layer, one box per group, one cell per asset, for thousands of assets on one screen. */
import type { LineageGraph } from "./lineage-graph.ts";

export interface MapGroup {
  readonly group: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Positions in the graph, in the order of the cells. */
  readonly cells: readonly number[];
  readonly columns: number;
}
export interface LineageMap {
  readonly lanes: readonly { readonly level: number; readonly x: number; readonly width: number }[];
  readonly groups: readonly MapGroup[];
  readonly cell: number;
  readonly width: number;
  readonly height: number;
}

const LANE_GAP = 16;
const GROUP_GAP = 12;
const HEADER = 22;
const PADDING = 6;

/** Lanes take width in proportion to their assets; the cell size is the largest that lets everything fit. */
export function lineageMap(graph: LineageGraph, screen: { readonly width: number; readonly height: number }): LineageMap {
  const levels = collect(graph);
  for (let cell = 28; cell > 4; cell -= 1) {
    const map = place(levels, cell, screen);
    if (map.height <= screen.height || cell === 5) return map;
  }
  return place(levels, 4, screen);
}

interface Level {
  readonly level: number;
  readonly groups: readonly { readonly group: string; readonly cells: readonly number[] }[];
  readonly size: number;
}

function collect(graph: LineageGraph): Level[] {
  const byLevel = new Map<number, Map<string, number[]>>();
  graph.nodes.forEach((node, position) => {
    const groups = byLevel.get(node.level) ?? new Map<string, number[]>();
    byLevel.set(node.level, groups);
    groups.set(node.group, [...(groups.get(node.group) ?? []), position]);
  });
  return [...byLevel]
    .sort(([a], [b]) => a - b)
    .map(([level, groups]) => ({
      level,
      groups: [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([group, cells]) => ({ group, cells })),
      size: [...groups.values()].reduce((sum, cells) => sum + cells.length, 0),
    }));
}

function place(levels: readonly Level[], cell: number, screen: { readonly width: number; readonly height: number }): LineageMap {
  const pitch = cell + 3;
  const minimum = Math.max(120, pitch * 3 + 2 * PADDING);
  const total = levels.reduce((sum, level) => sum + Math.sqrt(level.size), 0) || 1;
  const free = Math.max(0, screen.width - LANE_GAP * (levels.length + 1) - minimum * levels.length);
  const lanes: { level: number; x: number; width: number }[] = [];
  const groups: MapGroup[] = [];
  let x = LANE_GAP;
  let height = 0;
  for (const level of levels) {
    const width = minimum + Math.floor((free * Math.sqrt(level.size)) / total);
    lanes.push({ level: level.level, x, width });
    const columns = Math.max(1, Math.floor((width - 2 * PADDING) / pitch));
    let y = LANE_GAP;
    for (const { group, cells } of level.groups) {
      const rows = Math.ceil(cells.length / columns);
      const boxHeight = HEADER + rows * pitch + PADDING;
      groups.push({ group, x, y, width, height: boxHeight, cells, columns });
      y += boxHeight + GROUP_GAP;
    }
    height = Math.max(height, y);
    x += width + LANE_GAP;
  }
  return { lanes, groups, cell, width: x, height };
}

/** Upper left corner of a cell. */
export function cellAt(map: LineageMap, group: MapGroup, position: number): { readonly x: number; readonly y: number } {
  const pitch = map.cell + 3;
  return { x: group.x + PADDING + (position % group.columns) * pitch, y: group.y + HEADER + Math.floor(position / group.columns) * pitch };
}

/** The graph position of the cell under a point. */
export function hitMap(map: LineageMap, at: { readonly x: number; readonly y: number }): number | null {
  const pitch = map.cell + 3;
  for (const group of map.groups) {
    if (at.x < group.x || at.x > group.x + group.width || at.y < group.y + HEADER || at.y > group.y + group.height) continue;
    const column = Math.floor((at.x - group.x - PADDING) / pitch);
    const row = Math.floor((at.y - group.y - HEADER) / pitch);
    if (column < 0 || column >= group.columns) return null;
    return group.cells[row * group.columns + column] ?? null;
  }
  return null;
}
