import { describe, expect, it } from "vitest";
import { buildAssetGraph } from "../asset-graph.ts";
import type { PartitionsDefinition, PartitionMapping } from "../partitions/definition.ts";
import { staleCausesOf, type VersionFacts } from "./staleness.ts";

const daily: PartitionsDefinition = { type: "time", cadence: "daily", start: "2030-01-01" };
interface Shape {
  readonly unit?: null;
  readonly partitions?: PartitionsDefinition;
  readonly mapping?: PartitionMapping;
}
const asset = (key: string, deps: string[], { unit, partitions, mapping }: Shape = {}) => {
  const common = { key, unit: unit === undefined ? key : unit, location: "main", group: "default", kinds: [], owners: [], tags: {} };
  return { ...common, deps: deps.map((dep) => ({ key: dep, ...(mapping && { mapping }) })), ...(partitions && { partitions }) };
};
const graph = buildAssetGraph([asset("src", [], { unit: null }), asset("a", ["src"]), asset("b", ["a"]), asset("c", ["b"])]);

/** Made by the event `seq` of a step that started at `saw`, and changed by it. */
function made(seq: number, saw: number, extra: Partial<VersionFacts> = {}): VersionFacts {
  const place = { seq, saw, at: seq };
  return { materialized: { ...place, codeVersion: "1" }, changed: place, failedAt: null, codeVersion: "1", ...extra };
}
const inOrder = { src: made(2, 2), a: made(4, 3), b: made(6, 5), c: made(8, 7) };
const judge = (facts: Record<string, VersionFacts>, of = graph) => staleCausesOf(of, (key) => facts[key]);

describe("staleness", () => {
  it("an asset made after all that it reads is not stale", () => {
    const causes = judge(inOrder);
    expect(["src", "a", "b", "c"].map(causes)).toEqual([[], [], [], []]);
  });

  it("a changed dependency makes stale, also downstream with its beginning", () => {
    const causes = judge({ ...inOrder, a: made(20, 19) });
    const root = { type: "data", asset: "b", dependency: "a", at: 20 };
    expect(causes("b")).toEqual([root]);
    expect(causes("c")).toEqual([{ type: "upstream", asset: "c", dependency: "b", root }]);
  });

  it("a materialization that left the data as it was makes nothing stale", () => {
    expect(judge({ ...inOrder, a: made(20, 19, { changed: { seq: 4, saw: 3, at: 4 } }) })("b")).toEqual([]);
  });

  it("a step could not see what changed while it worked", () => {
    expect(judge({ ...inOrder, a: made(6, 4), b: made(7, 5) })("b")).toMatchObject([{ type: "data", dependency: "a" }]);
  });

  it("one step may make an asset after its dependency", () => {
    expect(judge({ ...inOrder, a: made(6, 5), b: made(7, 5), c: made(8, 5) })("c")).toEqual([]);
    expect(judge({ ...inOrder, a: made(7, 5), b: made(6, 5) })("b")).toHaveLength(1);
  });

  it("a new code version makes stale, an unknown one does not", () => {
    expect(judge({ ...inOrder, a: made(4, 3, { codeVersion: "2" }) })("a")).toEqual([{ type: "code", asset: "a" }]);
    expect(judge({ ...inOrder, a: made(4, 3, { codeVersion: null }) })("a")).toEqual([]);
    const reported = { materialized: { seq: 4, saw: 4, at: 4, codeVersion: null } };
    expect(judge({ ...inOrder, a: made(4, 4, reported) })("a")).toEqual([]);
  });

  it("a dependency that failed since then makes stale", () => {
    expect(judge({ ...inOrder, a: made(4, 3, { failedAt: 30 }) })("b")).toEqual([
      { type: "upstream_failed", asset: "b", dependency: "a", at: 30 },
    ]);
    expect(judge({ ...inOrder, a: made(4, 3, { failedAt: 5 }) })("b")).toEqual([]);
  });

  it("what was never materialized and what is made elsewhere is not stale", () => {
    expect(judge({ a: made(4, 3, { materialized: null, changed: null }) })("a")).toEqual([]);
    expect([judge({})("a"), judge({})("none"), judge({ src: made(9, 9) })("src")]).toEqual([[], [], []]);
  });

  it("a changed external dependency makes stale", () => {
    expect(judge({ ...inOrder, src: made(30, 30, { materialized: null }) })("a")).toMatchObject([{ type: "data", dependency: "src" }]);
  });

  it.each<[string, Shape, Shape, boolean]>([
    ["an asset that reads all partitions is stale", { partitions: daily }, {}, true],
    ["an asset that reads the last partition is not judged", { partitions: daily }, { mapping: { type: "last" } }, false],
    ["a partition of a partitioned asset is not judged", { partitions: daily }, { partitions: daily }, false],
    ["a partitioned asset of a whole one is stale", {}, { partitions: daily }, true],
  ])("%s after a change", (...[, above, below, stale]) => {
    const two = buildAssetGraph([asset("a", [], above), asset("b", ["a"], below)]);
    expect(judge({ a: made(20, 19), b: made(6, 5) }, two)("b")).toHaveLength(stale ? 1 : 0);
  });

  it("partitions that read a change make stale with their number", () => {
    const two = buildAssetGraph([asset("a", [], { partitions: daily }), asset("b", ["a"], { partitions: daily }), asset("c", ["b"])]);
    const stalePartitions = { count: 3, dependency: "a", at: 20 };
    const causes = judge({ a: made(20, 19), b: made(6, 5, { stalePartitions }), c: made(8, 7) }, two);
    const root = { type: "data", asset: "b", dependency: "a", at: 20, partitions: 3 };
    expect(causes("b")).toEqual([root]);
    expect(causes("c")).toEqual([{ type: "upstream", asset: "c", dependency: "b", root }]);
  });

  it("judges an asset only after all that lies above it", () => {
    const diamond = buildAssetGraph([asset("a", []), asset("b", ["a"]), asset("c", ["a", "b"]), asset("d", ["a", "c", "b"])]);
    const causes = judge({ a: made(2, 1, { codeVersion: "2" }), b: made(4, 3), c: made(6, 5), d: made(8, 7) }, diamond);
    expect(causes("d").map(({ type }) => type)).toEqual(["upstream", "upstream", "upstream"]);
  });

  it("walks a chain that is deeper than the stack", () => {
    const size = 20_000;
    const chain = buildAssetGraph(Array.from({ length: size }, (_, index) => asset(`n${index}`, index === 0 ? [] : [`n${index - 1}`])));
    const causes = staleCausesOf(chain, (key) => {
      const index = Number(key.slice(1));
      return made(2 * index + 2, 2 * index + 1, index === 0 ? { codeVersion: "2" } : {});
    });
    expect(causes(`n${size - 1}`)).toEqual([
      { type: "upstream", asset: `n${size - 1}`, dependency: `n${size - 2}`, root: { type: "code", asset: "n0" } },
    ]);
  });
});
