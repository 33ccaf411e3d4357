import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { layoutGraph, type LayoutNode } from "./layered.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

const WIDTH = 240;
const HEIGHT = 80;

function medallion(size: number) {
  const columns = [0.1, 0.4, 0.3, 0.2].map((share) => Math.round(share * size));
  const nodes: LayoutNode[] = [];
  const edges: [string, string][] = [];
  let seed = 42;
  const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  for (const [column, count] of columns.entries()) {
    for (let i = 0; i < count; i++) {
      nodes.push({ key: `l${column}/a${i}`, group: `l${column}g${i % 7}` });
      for (let k = 0; k < (column === 0 ? 0 : 2); k++) {
        const before = random() < 0.2 && column > 1 ? column - 2 : column - 1;
        edges.push([`l${before}/a${Math.floor(random() * (columns[before] ?? 1))}`, `l${column}/a${i}`]);
      }
    }
  }
  return { nodes, edges };
}

function overlaps(positions: readonly { x: number; y: number }[]): number {
  const byColumn = Map.groupBy(positions, ({ x }) => x);
  let count = 0;
  for (const column of byColumn.values()) {
    const ys = column.map(({ y }) => y).toSorted((a, b) => a - b);
    for (let i = 1; i < ys.length; i++) if ((ys[i] ?? 0) - (ys[i - 1] ?? 0) < HEIGHT + 22 - 1e-6) count++;
  }
  return count;
}

describe("layoutGraph", () => {
  it("every node is right of its dependencies and overlaps nothing", () => {
    const graph = fc.array(fc.uniqueArray(fc.nat(40), { maxLength: 4 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(graph, (deps) => {
        const nodes = deps.map((_, i) => ({ key: `n${i}`, group: `g${i % 3}` }));
        const edges = deps.flatMap((own, i) => own.filter((dep) => dep < i).map((dep): [string, string] => [`n${dep}`, `n${i}`]));
        const { positions, bends, width, height } = layoutGraph(nodes, edges);
        const at = new Map(positions.map((position) => [position.key, position]));
        for (const [edge, [from, to]] of edges.entries()) {
          const [left, right] = [at.get(from)?.x ?? 0, at.get(to)?.x ?? 0];
          expect(left + WIDTH).toBeLessThan(right);
          expect(bends[edge]).toHaveLength((right - left) / 330 - 1);
        }
        expect(overlaps(positions)).toBe(0);
        for (const { x, y } of positions) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(-1e-6);
          expect(x + WIDTH).toBeLessThanOrEqual(width);
          expect(y + HEIGHT).toBeLessThanOrEqual(height + 1e-6);
        }
      }),
      { seed: 41, numRuns: propertyRuns(200) },
    );
  });

  it("draws the same picture for the same graph in another order", () => {
    const { nodes, edges } = medallion(200);
    const sorted = (input: readonly LayoutNode[]) => layoutGraph(input, edges).positions.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    expect(sorted(nodes.toReversed())).toEqual(sorted(nodes));
  });

  it("places five thousand assets without overlap", () => {
    const { nodes, edges } = medallion(5000);
    const layout = layoutGraph(nodes, edges);
    expect(layout.positions).toHaveLength(5000);
    expect(overlaps(layout.positions)).toBe(0);
  });

  it("untangles what need not cross", () => {
    const nodes = ["a", "b", "c", "x", "y", "z"].map((key) => ({ key, group: "" }));
    expect(
      layoutGraph(nodes, [
        ["a", "z"],
        ["b", "y"],
        ["c", "x"],
      ]).crossings,
    ).toBe(0);
  });

  it("survives circles, unknown ends, loops and nothing at all", () => {
    const nodes = ["a", "b", "c"].map((key) => ({ key, group: "" }));
    const layout = layoutGraph(nodes, [
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
      ["a", "a"],
      ["a", "ghost"],
    ]);
    expect(layout.positions).toHaveLength(3);
    expect(overlaps(layout.positions)).toBe(0);
    expect(layoutGraph([], [])).toMatchObject({ positions: [], width: 0, height: 0 });
  });

  it("long edges along a chain have no bend in each column", () => {
    const nodes = Array.from({ length: 8000 }, (_, index) => ({ key: `n${index}`, group: "g" }));
    const edges = nodes.slice(1).flatMap((_, index): [string, string][] => [
      [`n${index}`, `n${index + 1}`],
      ["n0", `n${index + 1}`],
    ]);
    const { positions, bends } = layoutGraph(nodes, edges);
    expect(positions).toHaveLength(8000);
    expect(bends.flat().length).toBeLessThanOrEqual(200_000);
  });
});
