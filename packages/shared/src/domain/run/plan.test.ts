import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { buildAssetGraph } from "../asset-graph.ts";
import { unwrap } from "../errors.ts";
import { makePlan } from "./plan.ts";
import type { PlanUnit } from "./plan-types.ts";
import { assetsOf, dbt, plan, shape } from "./plan.test-support.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

describe("makePlan", () => {
  it("orders single assets by their dependencies", () => {
    const result = unwrap(
      plan({ gold: { deps: ["silver"] }, silver: { deps: ["bronze"] }, bronze: { deps: ["airbyte"] }, airbyte: { unit: null } }),
    );
    expect(shape(result)).toEqual(["bronze{bronze}<-", "silver{silver}<-bronze", "gold{gold}<-silver"]);
  });

  it("finishes divisible units one after the other where it can", () => {
    const spec = {
      c1: { unit: "c" },
      c2: { unit: "c", deps: ["a2"] },
      a1: { unit: "a" },
      a2: { unit: "a", deps: ["b1"] },
      b1: { unit: "b" },
      b2: { unit: "b", deps: ["b1"] },
    };
    const result = unwrap(plan(spec, { unitOverrides: { a: dbt, b: dbt, c: dbt } }));
    expect(shape(result)).toEqual(["b{b1,b2}<-", "a{a1,a2}<-b", "c{c1,c2}<-a"]);
  });

  it("a divisible unit that can be finished comes first", () => {
    const spec = {
      a1: { unit: "a" },
      a2: { unit: "a", deps: ["a1"] },
      w: { deps: ["a1"] },
      a3: { unit: "a", deps: ["w"] },
      b1: { unit: "b" },
      b2: { unit: "b", deps: ["a2"] },
      a4: { unit: "a", deps: ["b2"] },
    };
    const result = unwrap(plan(spec, { unitOverrides: { a: dbt, b: dbt } }));
    expect(shape(result)).toEqual(["a{a1,a2}<-", "w{w}<-a", "b{b1,b2}<-a", "a#2{a3,a4}<-w,b"]);
  });

  it("plans a unit of twenty thousand assets that runs whole", () => {
    const spec = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`n${index}`, { unit: "all" }]));
    expect(unwrap(plan(spec)).steps.map(({ assets }) => assets.length)).toEqual([20_000]);
  });

  it("shows the beginning of a long circle", () => {
    const spec = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`n${index}`, { deps: [`n${(index + 1) % 5000}`] }]));
    const result = plan(spec);
    expect(result).toMatchObject({ ok: false, error: { code: "invalid_input", message: expect.stringContaining("-> … ->") } });
    expect(JSON.stringify(result).length).toBeLessThan(2000);
  });

  it("names a step after its only asset, whatever its unit is called", () => {
    const result = unwrap(plan({ "silver/x": { unit: "u1" }, y: { unit: "u2" }, z: { unit: "u2" } }));
    expect(result.steps.map(({ key }) => key)).toEqual(["silver/x", "u2"]);
  });

  it("a dbt project with nothing between its models is one step", () => {
    const result = unwrap(
      plan(
        { a: {}, m1: { unit: "dbt:p", deps: ["a"] }, m2: { unit: "dbt:p", deps: ["m1"] }, z: { deps: ["m2"] } },
        { unitOverrides: { "dbt:p": dbt } },
      ),
    );
    expect(shape(result)).toEqual(["a{a}<-", "dbt:p{m1,m2}<-a", "z{z}<-dbt:p"]);
  });

  it("an asset between two models cuts their dbt project", () => {
    const result = unwrap(
      plan(
        {
          m1: { unit: "dbt:p" },
          free: { unit: "dbt:p" },
          ts: { deps: ["m1"] },
          m2: { unit: "dbt:p", deps: ["ts"] },
          m3: { unit: "dbt:p", deps: ["m2", "free"] },
        },
        { unitOverrides: { "dbt:p": dbt } },
      ),
    );
    expect(shape(result)).toEqual(["dbt:p{m1,free}<-", "ts{ts}<-dbt:p", "dbt:p#2{m2,m3}<-dbt:p,ts"]);
  });

  it("finishes the project that can be finished before it cuts another", () => {
    const result = unwrap(
      plan(
        { a1: { unit: "A" }, a2: { unit: "A", deps: ["b1"] }, b1: { unit: "B" }, b2: { unit: "B" } },
        { unitOverrides: { A: dbt, B: dbt } },
      ),
    );
    expect(shape(result)).toEqual(["B{b1,b2}<-", "A{a1,a2}<-B"]);
  });

  it("one selected asset runs all of an indivisible unit", () => {
    const result = unwrap(plan({ left: { unit: "pair" }, right: { unit: "pair" }, other: {} }, { selectedAssets: ["left"] }));
    expect(shape(result)).toEqual(["pair{left,right}<-"]);
  });

  it("only partitioned assets get the partition, named in the step key", () => {
    const result = unwrap(plan({ events: { daily: true }, report: { deps: ["events"] } }, { partition: "2025-01-05" }));
    expect(result.steps.map((step) => [step.key, step.partition])).toEqual([
      ["events[2025-01-05]", "2025-01-05"],
      ["report", null],
    ]);
  });

  it("a given partition separates partitioned from unpartitioned models", () => {
    const result = unwrap(
      plan({ m1: { unit: "p" }, m2: { unit: "p", deps: ["m1"], daily: true } }, { partition: "2025-01-05", unitOverrides: { p: dbt } }),
    );
    expect(shape(result)).toEqual(["p{m1}<-", "p[2025-01-05]{m2}<-p"]);
  });

  it("leaves out skipped assets and the order through them", () => {
    const result = unwrap(plan({ a: {}, b: { deps: ["a"] }, c: { deps: ["b"] } }, { skipAssets: ["a", "b"] }));
    expect(shape(result)).toEqual(["c{c}<-"]);
  });

  it("lets unit ids repeat in different code locations", () => {
    const assets = assetsOf({ a: { unit: "dbt:p" }, b: { unit: "dbt:p", deps: ["a"] } }).map((asset) =>
      asset.key === "b" ? { ...asset, location: "other" } : asset,
    );
    const units = assets.map((asset): PlanUnit => ({
      id: "dbt:p",
      location: asset.location,
      kind: "dbt",
      assets: [asset.key],
      checks: [],
      subset: true,
    }));
    const result = unwrap(makePlan({ graph: buildAssetGraph(assets), units, checks: [], selectedAssets: ["a", "b"], partition: null }));
    expect(result.steps.map((step) => [step.key, step.location, step.deps])).toEqual([
      ["dbt:p", "main", []],
      ["dbt:p#2", "other", ["dbt:p"]],
    ]);
  });

  it("refuses an indivisible unit that waits for itself", () => {
    const result = plan({ a: { unit: "u" }, b: { deps: ["a"] }, c: { unit: "u", deps: ["b"] } });
    expect(result).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });

  it("unknown assets are refused with the nearest key, empty selections too", () => {
    expect(plan({ "silver/dim_customer": {} }, { selectedAssets: ["silver/dim_custmer"] })).toMatchObject({
      ok: false,
      error: { code: "not_found", details: { nearest: ["silver/dim_customer"] } },
    });
    expect(plan({ bi: { unit: null } })).toMatchObject({ ok: false, error: { code: "invalid_selection" } });
    expect(plan({ a: {} }, { partition: "2025-01-01" })).toMatchObject({ ok: false, error: { code: "invalid_input" } });
  });

  it("plans ten thousand steps in a few passes", () => {
    const spec: Record<string, { deps: string[] }> = {};
    for (let i = 0; i < 10_000; i++) spec[`a${i}`] = { deps: i < 100 ? [] : [`a${i - 100}`, `a${i - 73}`] };
    expect(unwrap(plan(spec)).steps).toHaveLength(10_000);
  });

  it("every plan is acyclic and covers each asset once after its dependencies", () => {
    const arbitrary = fc.array(fc.record({ unit: fc.constantFrom(null, "p", "q"), deps: fc.uniqueArray(fc.nat(30), { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(arbitrary, fc.infiniteStream(fc.boolean()), (drawn, chosen) => {
        const spec: Record<string, { unit: string; deps: string[] }> = {};
        for (const [i, node] of drawn.entries())
          spec[`a${i}`] = { unit: node.unit ?? `a${i}`, deps: node.deps.filter((dep) => dep < i).map((dep) => `a${dep}`) };
        const selected = Object.keys(spec).filter((_, i) => i === 0 || chosen.next().value);
        const result = unwrap(plan(spec, { selectedAssets: selected, unitOverrides: { p: dbt, q: dbt } }));
        const stepOf = new Map(result.steps.flatMap((step, position) => step.assets.map((asset) => [asset, { step, position }] as const)));
        expect([...stepOf.keys()].toSorted()).toEqual(selected.toSorted());
        expect(result.steps.flatMap((step) => step.assets)).toHaveLength(selected.length);
        const position = new Map(result.steps.map((step, index) => [step.key, index]));
        expect(position.size).toBe(result.steps.length);
        for (const step of result.steps) for (const dep of step.deps) expect(position.get(dep)).toBeLessThan(position.get(step.key) ?? -1);
        for (const asset of selected) {
          for (const dep of spec[asset]?.deps ?? []) {
            const before = stepOf.get(dep);
            const own = stepOf.get(asset);
            if (!before || !own || before.step === own.step) continue;
            expect(own.step.deps).toContain(before.step.key);
          }
        }
      }),
      { seed: 7, numRuns: propertyRuns(300) },
    );
  });
});
