import { describe, expect, it } from "vitest";
import { buildAssetGraph, findCycle } from "./asset-graph.ts";
import type { GraphAsset } from "./run/plan-types.ts";

function asset(key: string, deps: readonly string[] = [], unit: string | null = key): GraphAsset {
  return { key, unit, location: "main", group: "default", kinds: [], owners: [], tags: {}, deps: deps.map((dep) => ({ key: dep })) };
}

const graph = buildAssetGraph([asset("a", ["ext"]), asset("b", ["a"]), asset("c", ["b", "a"]), asset("d", ["c"]), asset("z")]);
const names = (nodes: Iterable<number>) => [...nodes].map((node) => graph.keys[node] ?? "").toSorted();
const at = (...keys: string[]) => keys.map((key) => graph.indexOf(key));

describe("buildAssetGraph", () => {
  it("makes an external node of a dependency that nobody defines", () => {
    expect(graph.has("ext")).toBe(true);
    expect(graph.isMaterializable(graph.indexOf("ext"))).toBe(false);
    expect(graph.assets[graph.indexOf("ext")]).toBeNull();
  });

  it("walks layers up and down", () => {
    expect(names(graph.upstream(at("c")))).toEqual(["a", "b", "c", "ext"]);
    expect(names(graph.upstream(at("c"), 1))).toEqual(["a", "b", "c"]);
    expect(names(graph.downstream(at("b"), 1))).toEqual(["b", "c"]);
    expect(names(graph.downstream(at("b"), 0))).toEqual(["b"]);
  });

  it("finds roots and sinks through nodes that are not selected", () => {
    expect(names(graph.roots(at("b", "d", "z")))).toEqual(["b", "z"]);
    expect(names(graph.sinks(at("b", "d", "z")))).toEqual(["d", "z"]);
  });

  it("numbers levels by the longest path", () => {
    expect(at("ext", "a", "b", "c", "d", "z").map((node) => graph.levels()[node])).toEqual([0, 1, 2, 3, 4, 0]);
  });

  it("prefers a materializable definition to an external one of the same key", () => {
    const merged = buildAssetGraph([asset("x", [], null), asset("x", ["y"])]);
    expect(merged.isMaterializable(merged.indexOf("x"))).toBe(true);
    expect(merged.size).toBe(2);
  });

  it("one of ten thousand assets is selected without visiting an edge twice", () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => asset(`n${i}`, i === 0 ? [] : [`n${i - 1}`]));
    const big = buildAssetGraph(chain);
    expect(big.upstream([big.indexOf("n9999")])).toHaveLength(10_000);
    expect(big.roots(Array.from({ length: 10_000 }, (_, i) => i))).toEqual([0]);
  });
});

describe("findCycle", () => {
  it("writes the cycle out and closes it", () => {
    expect(findCycle([asset("start", ["c"]), asset("a", ["b"]), asset("b", ["c"]), asset("c", ["a"])])).toEqual(["a", "c", "b", "a"]);
  });

  it("calls an asset that depends on itself a cycle", () => {
    expect(findCycle([asset("a", ["a"])])).toEqual(["a", "a"]);
  });

  it("finds none in a diamond", () => {
    expect(findCycle([asset("a"), asset("b", ["a"]), asset("c", ["a"]), asset("d", ["b", "c"])])).toBeNull();
  });

  it("survives chains longer than the call stack", () => {
    expect(findCycle(Array.from({ length: 50_000 }, (_, i) => asset(`n${i}`, [`n${i + 1}`])))).toBeNull();
  });
});
