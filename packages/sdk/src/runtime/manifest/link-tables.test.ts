import { describe, expect, it } from "vitest";
import { manifestAssetSchema, type ManifestAsset } from "@headgate/shared/manifest/schema.ts";
import { linkTables } from "./link-tables.ts";

type Given = {
  readonly unit?: string | null;
  readonly relation?: string;
  readonly deps?: readonly string[];
  readonly observable?: boolean;
};

function assets(given: Readonly<Record<string, Given>>): ManifestAsset[] {
  return Object.entries(given).map(([key, { unit = "dbt:a", deps = [], ...rest }]) =>
    manifestAssetSchema.parse({ key, unit, deps: deps.map((dep) => ({ key: dep })), ...rest }),
  );
}

function lineage(given: Readonly<Record<string, Given>>, watched: readonly string[] = []): Record<string, string[]> {
  const linked = linkTables(assets(given), new Set(watched));
  return Object.fromEntries(linked.map(({ key, deps }) => [key, deps.map((dep) => dep.key)]));
}

const external = (relation: string): Given => ({ unit: null, relation });

describe("linkTables", () => {
  it("a source whose table another unit makes is that asset", () => {
    expect(
      lineage({ "raw/c": { relation: '"w"."raw"."c"' }, "landing/c": external("W.RAW.C"), orders: { unit: "dbt:b", deps: ["landing/c"] } }),
    ).toEqual({ "raw/c": [], orders: ["raw/c"] });
  });

  it("a reader of both names the asset once", () => {
    expect(lineage({ c: { relation: "w.c" }, s: external("w.c"), orders: { deps: ["c", "s"] } })).toEqual({ c: [], orders: ["c"] });
  });

  it("a table of several makers, observed or watched, stays", () => {
    const two = { a: { relation: "w.c" }, b: { relation: "w.c" }, s: external("w.c"), orders: { deps: ["s"] } };
    expect(lineage(two)).toEqual({ a: [], b: [], s: [], orders: ["s"] });
    const observed = {
      a: { relation: "w.c" },
      s: { ...external("w.c"), unit: "dbt-sources:x", observable: true },
      orders: { deps: ["s"] },
    };
    expect(lineage(observed)).toEqual({ a: [], s: [], orders: ["s"] });
    const checked = { a: { relation: "w.c" }, s: external("w.c"), orders: { deps: ["s"] } };
    expect(lineage(checked, ["s"])).toEqual({ a: [], s: [], orders: ["s"] });
  });

  it("a model that reads its own table stays apart from it", () => {
    expect(lineage({ h: { relation: "w.h", deps: ["s"] }, s: external("w.h") })).toEqual({ h: ["s"], s: [] });
    expect(lineage({ h: { relation: "w.h", deps: ["m"] }, m: { deps: ["s"] }, s: external("w.h") })).toEqual({ h: ["m"], m: ["s"], s: [] });
  });
});
