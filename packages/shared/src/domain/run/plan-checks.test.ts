import { describe, expect, it } from "vitest";
import { unwrap } from "../errors.ts";
import { dbt, plan, shape, type Spec } from "./plan.test-support.ts";
import type { PlanCheck, PlanUnit } from "./plan-types.ts";

describe("makePlan with checks", () => {
  const check = (asset: string, name: string, extra: Partial<PlanCheck> = {}): PlanCheck => ({
    asset,
    name,
    unit: `check:${asset}:${name}`,
    location: "main",
    blocking: false,
    ...extra,
  });
  const own = (id: string): Record<string, Partial<PlanUnit>> => ({ [id]: { kind: "check", assets: [] } });

  it("a check runs after its asset and does not hold downstream steps", () => {
    const result = unwrap(plan({ a: {}, b: { deps: ["a"] } }, { checks: [check("a", "ok")], unitOverrides: own("check:a:ok") }));
    expect(shape(result).toSorted()).toEqual(["a{a}<-", "b{b}<-a", "check:a:ok{}?a:ok<-a"]);
  });

  it("holds the downstream steps of a blocking check", () => {
    const result = unwrap(
      plan(
        { a: {}, b: { deps: ["a"] }, c: { deps: ["b"] } },
        { checks: [check("a", "ok", { blocking: true })], unitOverrides: own("check:a:ok") },
      ),
    );
    expect(shape(result)).toEqual(["a{a}<-", "check:a:ok{}?a:ok<-a", "b{b}<-a,check:a:ok", "c{c}<-b"]);
  });

  it("a blocking check cannot hold an asset of its own unit", () => {
    const result = unwrap(
      plan(
        { a: { unit: "both" }, b: { unit: "both", deps: ["a"] } },
        { checks: [check("a", "ok", { blocking: true })], unitOverrides: own("check:a:ok") },
      ),
    );
    expect(shape(result)).toEqual(["both{a,b}<-", "check:a:ok{}?a:ok<-both"]);
  });

  it("evaluates a check that another asset's unit makes in that unit", () => {
    const result = unwrap(
      plan(
        { a: {}, m: { unit: "p" } },
        { checks: [check("a", "same_rows", { unit: "p" })], unitOverrides: { p: dbt }, selectedAssets: ["a"] },
      ),
    );
    expect(shape(result).toSorted()).toEqual(["a{a}<-", "p{}?a:same_rows<-"]);
  });

  it("a blocking check on a model cuts its dbt project", () => {
    const result = unwrap(
      plan(
        { m1: { unit: "p" }, m2: { unit: "p", deps: ["m1"] } },
        { checks: [check("m1", "ok", { blocking: true })], unitOverrides: { p: dbt, ...own("check:m1:ok") } },
      ),
    );
    expect(shape(result)).toEqual(["p{m1}<-", "check:m1:ok{}?m1:ok<-p", "p#2{m2}<-p,check:m1:ok"]);
  });

  it("a check of the asset's unit runs in the asset's step", () => {
    const result = unwrap(
      plan(
        { m1: { unit: "p" }, m2: { unit: "p" } },
        { checks: [check("m2", "not_null", { unit: "p" })], unitOverrides: { p: dbt }, selectedAssets: ["m2"] },
      ),
    );
    expect(shape(result)).toEqual(["p{m2}?m2:not_null<-"]);
  });

  it("evaluates a selected check alone, and brings an indivisible unit along", () => {
    const checks = [check("m", "fresh"), check("m", "not_null", { unit: "p" }), check("whole", "inside", { unit: "whole" })];
    const spec: Spec = { m: { unit: "p" }, whole: {} };
    const unitOverrides = { p: dbt, ...own("check:m:fresh") };
    const only = (id: string) => shape(unwrap(plan(spec, { checks, unitOverrides, selectedAssets: [], selectedChecks: [id] })));
    expect(only("m:fresh")).toEqual(["check:m:fresh{}?m:fresh<-"]);
    expect(only("m:not_null")).toEqual(["p{}?m:not_null<-"]);
    expect(only("whole:inside")).toEqual(["whole{whole}?whole:inside<-"]);
  });

  it("refuses a blocking check that needs what it blocks", () => {
    const result = plan(
      { a: {}, b: { deps: ["a"] } },
      { checks: [check("a", "same", { blocking: true })], unitOverrides: { "check:a:same": { kind: "check", assets: [], deps: ["b"] } } },
    );
    expect(result).toMatchObject({
      ok: false,
      error: { code: "invalid_input", details: { cycle: expect.arrayContaining(["b", "check:a:same"]) } },
    });
  });
});
