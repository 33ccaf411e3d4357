import { describe, expect, it } from "vitest";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { impact, lineageGraph, nodeAt, step } from "./lineage-graph.ts";
import { cellAt, hitMap, lineageMap } from "./map-model.ts";

function definitions(edges: Record<string, string[]>): DefinitionsDocument {
  const keys = Object.keys(edges).sort();
  const level = (key: string): number => Math.max(0, ...(edges[key] ?? []).map((dep) => level(dep) + 1));
  return {
    hash: "h",
    locations: [],
    jobs: [],
    schedules: [],
    sensors: [],
    layout: { width: 1000, height: 1000, nodeWidth: 200, nodeHeight: 60 },
    assets: keys.map((key, position) => ({
      key,
      unit: key,
      group: key.split("/")[0] ?? "default",
      location: "l",
      owners: [],
      tags: {},
      kinds: [],
      metadata: {},
      checks: [],
      deps: (edges[key] ?? []).map((dep) => ({ key: dep })),
      x: level(key) * 300,
      y: position * 100,
      level: level(key),
    })),
  };
}
const sample = definitions({ "a/one": [], "a/two": [], "b/mid": ["a/one", "a/two"], "c/end": ["b/mid"], "c/other": ["a/two"] });

describe("lineage graph", () => {
  it("has an edge for each dependency between shown assets", () => {
    const graph = lineageGraph(sample, null);
    expect(graph.edges.map(([from, to]) => `${graph.nodes[from]?.key}>${graph.nodes[to]?.key}`).sort()).toEqual([
      "a/one>b/mid",
      "a/two>b/mid",
      "a/two>c/other",
      "b/mid>c/end",
    ]);
  });

  it("lays a subset out anew and drops edges that leave it", () => {
    const graph = lineageGraph(sample, new Set(["a/one", "b/mid"]));
    expect(graph.nodes.map((node) => node.key)).toEqual(["a/one", "b/mid"]);
    expect(graph.edges).toHaveLength(1);
    expect(graph.nodes[1]?.x).toBeGreaterThan(graph.nodes[0]?.x ?? 0);
  });

  it("leads an edge over several columns between the cards on its way", () => {
    const graph = lineageGraph(definitions({ "a/one": [], "b/mid": ["a/one"], "c/end": ["a/one", "b/mid"] }), null);
    const long = graph.edges.findIndex(([from, to]) => graph.nodes[from]?.key === "a/one" && graph.nodes[to]?.key === "c/end");
    const between = graph.nodes.find((node) => node.key === "b/mid");
    const [bend] = graph.bends[long] ?? [];
    expect(graph.bends[long]).toHaveLength(1);
    expect(bend !== undefined && between !== undefined && (bend.y < between.y || bend.y > between.y + graph.nodeHeight)).toBe(true);
  });

  it("tells everything above and below a node, or only so many layers", () => {
    const graph = lineageGraph(sample, null);
    const names = (set: ReadonlySet<number>) => [...set].map((position) => graph.nodes[position]?.key).sort();
    expect(names(impact(graph, graph.index.get("a/two") ?? -1).downstream)).toEqual(["b/mid", "c/end", "c/other"]);
    expect(names(impact(graph, graph.index.get("a/two") ?? -1, 1).downstream)).toEqual(["b/mid", "c/other"]);
    expect(names(impact(graph, graph.index.get("c/end") ?? -1).upstream)).toEqual(["a/one", "a/two", "b/mid"]);
  });

  it("moves by arrow key along edges and within a column", () => {
    const graph = lineageGraph(sample, null);
    const at = (key: string) => graph.index.get(key) ?? -1;
    expect(step(graph, at("b/mid"), "right")).toBe(at("c/end"));
    expect(step(graph, at("a/one"), "down")).toBe(at("a/two"));
    expect(step(graph, at("a/one"), "left")).toBe(null);
  });

  it("finds the node under the pointer", () => {
    const graph = lineageGraph(sample, null);
    const node = graph.nodes[2];
    expect(nodeAt(graph, { x: (node?.x ?? 0) + 5, y: (node?.y ?? 0) + 5 })).toBe(2);
    expect(nodeAt(graph, { x: -500, y: -500 })).toBe(null);
  });
});

describe("lineage map", () => {
  it("gives every asset one cell, and hitting a cell finds its asset", () => {
    const keys: Record<string, string[]> = {};
    for (let i = 0; i < 300; i++) keys[`g${i % 7}/n${i}`] = i < 50 ? [] : [`g${(i - 50) % 7}/n${i - 50}`];
    const graph = lineageGraph(definitions(keys), null);
    const map = lineageMap(graph, { width: 1200, height: 700 });
    expect(map.groups.flatMap((group) => group.cells).sort((a, b) => a - b)).toEqual([...graph.nodes.keys()]);
    for (const group of map.groups) {
      group.cells.forEach((position, offset) => {
        const corner = cellAt(map, group, offset);
        expect(hitMap(map, { x: corner.x + 1, y: corner.y + 1 })).toBe(position);
      });
    }
  });
});
