import { describe, expect, it } from "vitest";
import { buildAssetGraph } from "../asset-graph.ts";
import { describeStaleCause, stalenessOf, type MaterializedVersion } from "./staleness.ts";

const asset = (key: string, deps: string[], unit: string | null = key) => {
  const common = { key, unit, location: "main", group: "default", kinds: [], owners: [], tags: {} };
  return { ...common, deps: deps.map((dep) => ({ key: dep })) };
};
const graph = buildAssetGraph([asset("src", [], null), asset("a", ["src"]), asset("b", ["a"]), asset("c", ["b"])]);
const version = (dataVersion: string, inputs: Record<string, string> = {}, codeVersion: string | null = "1"): MaterializedVersion => ({
  dataVersion,
  inputs,
  codeVersion,
});
const fresh = { a: version("a1"), b: version("b1", { a: "a1" }), c: version("c1", { b: "b1" }) };

function judge(latest: Record<string, MaterializedVersion>, code: Record<string, string> = {}) {
  const of = stalenessOf(graph, { latest: (key) => latest[key] ?? null, codeVersion: (key) => code[key] ?? null });
  return (key: string) => ({ state: of(key).state, why: of(key).causes.map(describeStaleCause) });
}

describe("staleness", () => {
  it("an asset is fresh when everything was read as it is", () => {
    const of = judge(fresh, { a: "1", b: "1", c: "1" });
    expect(["src", "a", "b", "c"].map((key) => of(key).state)).toEqual(["fresh", "fresh", "fresh", "fresh"]);
  });

  it("an updated dependency is named, also downstream with its beginning", () => {
    const of = judge({ ...fresh, a: version("a2") });
    expect(of("b")).toEqual({ state: "stale", why: ["a was updated"] });
    expect(of("c")).toEqual({ state: "stale", why: ["b is stale: a was updated"] });
    const far = judge({ ...fresh, c: version("c1", { b: "b1" }) }, { a: "2" });
    expect(far("c").why).toEqual(["b is stale: code of a changed from 1 to 2"]);
  });

  it("an update that led to the same data is no cause", () => {
    expect(judge({ ...fresh, a: version("a1") })("b").state).toBe("fresh");
  });

  it("sees code, new and dropped dependencies", () => {
    expect(judge(fresh, { b: "2" })("b").why).toEqual(["code of b changed from 1 to 2"]);
    expect(judge({ ...fresh, b: version("b1", {}, null) }, { b: "2" })("b").why).toEqual([
      "code of b got version 2",
      "a is a new dependency",
    ]);
    expect(judge({ ...fresh, b: version("b1", { a: "a1", old: "1" }) })("b").why).toEqual(["old is no longer a dependency"]);
  });

  it("an asset without a materialization or a definition is missing", () => {
    expect([judge({})("a").state, judge({})("nobody").state, judge({})("src").state]).toEqual(["missing", "missing", "fresh"]);
  });

  it("judges an asset only after all that lies above it", () => {
    const diamond = buildAssetGraph([asset("a", []), asset("b", ["a"]), asset("c", ["a", "b"]), asset("d", ["a", "c", "b"])]);
    const inputs = { a: "a", b: "b", c: "c" };
    const of = stalenessOf(diamond, {
      latest: (key) => version(key, Object.fromEntries(Object.entries(inputs).filter(([input]) => input < key))),
      codeVersion: (key) => (key === "a" ? "2" : null),
    });
    expect(of("d").causes.map(({ type }) => type)).toEqual(["upstream", "upstream", "upstream"]);
  });

  it("walks a chain that is deeper than the stack", () => {
    const size = 20_000;
    const chain = buildAssetGraph(Array.from({ length: size }, (_, index) => asset(`n${index}`, index === 0 ? [] : [`n${index - 1}`])));
    const of = stalenessOf(chain, {
      latest: (key) => version(`${key}v`, key === "n0" ? {} : { [`n${Number(key.slice(1)) - 1}`]: `n${Number(key.slice(1)) - 1}v` }),
      codeVersion: (key) => (key === "n0" ? "2" : null),
    });
    expect(of(`n${size - 1}`).causes.map(describeStaleCause)).toEqual([`n${size - 2} is stale: code of n0 changed from 1 to 2`]);
  });
});
