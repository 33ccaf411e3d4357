/** Projects that people really have, each odd in one way: what becomes of its lineage, checks and keys. Without a dbt. */
import { expect, test } from "vitest";
import { tableOf } from "../../src/values/relation.ts";
import { describeManifest, manifestOf, model } from "./manifest.test-support.ts";

const ephemeral = { config: { materialized: "ephemeral" } };

test.each<[string, Record<string, object>, Record<string, string[]>]>([
  [
    "a snapshot of an ephemeral model over a seed",
    {
      "seed.shop.s": {},
      ...model("hidden", ["seed.shop.s"], ephemeral),
      "snapshot.shop.history": { deps: ["model.shop.hidden"], schema: "snaps" },
    },
    { s: [], "snaps/history": ["s"] },
  ],
  [
    "a chain of three ephemeral models",
    {
      "source.shop.raw.s": {},
      ...model("e1", ["source.shop.raw.s"], ephemeral),
      ...model("e2", ["model.shop.e1"], ephemeral),
      ...model("e3", ["model.shop.e2", "model.shop.e1"], ephemeral),
      ...model("m", ["model.shop.e3"]),
    },
    { m: ["raw/s"], "raw/s": [] },
  ],
  ["a model that reads a node that is disabled", { ...model("m", ["model.shop.gone", "source.shop.raw.gone"]) }, { m: [] }],
  [
    "an analysis and an operation beside the models",
    { ...model("m"), "analysis.shop.a": { deps: ["model.shop.m"] }, "operation.shop.shop-on-run-end-0": { deps: ["model.shop.m"] } },
    { m: [] },
  ],
  [
    "an exposure on a function",
    { ...model("m"), "function.shop.f": { deps: ["model.shop.m"] }, "exposure.shop.board": { deps: ["function.shop.f"] } },
    { m: [], "dashboard/board": ["m"] },
  ],
  [
    "functions that call each other",
    {
      ...model("m", ["function.shop.f"]),
      "function.shop.f": { deps: ["function.shop.g"] },
      "function.shop.g": { deps: ["function.shop.f"] },
    },
    { m: [] },
  ],
  [
    "an exposure with an own key",
    { ...model("m"), "exposure.shop.x": { deps: ["model.shop.m"], meta: { headgate: { asset_key: ["bi", "x"] } } } },
    { m: [], "bi/x": ["m"] },
  ],
  [
    "a source that a snapshot makes",
    {
      "source.shop.raw.h": { table: "w.snaps.h" },
      "snapshot.shop.h": { table: '"w"."snaps"."h"', schema: "snaps" },
      ...model("m", ["source.shop.raw.h"]),
    },
    { "snaps/h": [], m: ["snaps/h"] },
  ],
  [
    "a source whose table two models make",
    {
      "source.shop.raw.t": { table: "w.x.t" },
      ...model("one", [], { table: "w.x.t" }),
      ...model("two", [], { table: "w.x.t" }),
      ...model("m", ["source.shop.raw.t"]),
    },
    { one: [], two: [], m: ["raw/t"], "raw/t": [] },
  ],
  [
    "tables with a dot in a quoted name",
    {
      "source.shop.raw.t": { table: '"w"."x.y"."t"' },
      ...model("base", [], { table: '"w.x"."y"."t"' }),
      ...model("m", ["source.shop.raw.t"]),
    },
    { base: [], m: ["raw/t"], "raw/t": [] },
  ],
  [
    "a source name with a slash",
    { "source.shop.raw.a/b": { table: "w.raw.ab" }, ...model("m", ["source.shop.raw.a/b"]) },
    { m: ["raw/a/b"], "raw/a/b": [] },
  ],
  [
    "a model whose reader reads it twice, also through a source",
    {
      ...model("base", [], { table: "w.x.base" }),
      "source.shop.s.base": { table: "w.x.base" },
      ...model("m", ["model.shop.base", "source.shop.s.base"]),
    },
    { base: [], m: ["base"] },
  ],
  ["a semantic model that nothing uses", { ...model("m"), "semantic_model.shop.m": { deps: ["model.shop.m"] } }, { m: [] }],
])("%s has its lineage", (_, entries, lineage) => {
  const described = describeManifest(manifestOf(entries));
  expect(described.errors).toEqual([]);
  expect(described.lineage).toEqual(lineage);
});

test.each<[string, Record<string, object>, string[]]>([
  ["a test of a model that is disabled", { ...model("m"), "test.shop.t": { attached: "model.shop.gone", deps: ["model.shop.gone"] } }, []],
  [
    "a test of a snapshot",
    { "snapshot.shop.h": {}, "test.shop.t": { attached: "snapshot.shop.h", deps: ["snapshot.shop.h"] } },
    ["h:t blocking"],
  ],
  ["a test of a seed", { "seed.shop.s": {}, "test.shop.t": { attached: "seed.shop.s", deps: ["seed.shop.s"] } }, ["s:t blocking"]],
  [
    "a test over one model and an ephemeral one on it",
    { ...model("m"), ...model("e", ["model.shop.m"], ephemeral), "test.shop.t": { deps: ["model.shop.m", "model.shop.e"] } },
    ["m:t blocking"],
  ],
  [
    "a test of an ephemeral model over a source",
    {
      "source.shop.raw.s": {},
      ...model("e", ["source.shop.raw.s"], ephemeral),
      "test.shop.t": { attached: "model.shop.e", deps: ["model.shop.e"] },
    },
    [],
  ],
  [
    "a test whose name no key could have",
    { ...model("m"), "test.shop.t": { attached: "model.shop.m", name: "total is > 0, always (€)" } },
    ["m:total is > 0, always (€) blocking"],
  ],
  [
    "a test with its severity in capital letters",
    { ...model("m"), "test.shop.t": { attached: "model.shop.m", config: { severity: "WARN" } } },
    ["m:t"],
  ],
  [
    "a test whose meta names a model that it does not read",
    { ...model("a"), ...model("b"), "test.shop.t": { deps: ["model.shop.a"], meta: { dagster: { ref: { name: "b" } } } } },
    ["a:t blocking"],
  ],
])("%s has its checks", (_, entries, checks) => {
  expect(describeManifest(manifestOf(entries)).checks).toEqual(checks);
});

test("a tag of any characters is taken", () => {
  const tags = ["bronze", "layer:gold", "team=core", "PII data", "größe", "a:b:c", "open:", ":x", ""];
  const { description } = describeManifest(manifestOf(model("m", [], { stored: { tags } })));
  expect(description.assets[0]?.tags).toEqual({
    bronze: "",
    layer: "gold",
    team: "core",
    "PII data": "",
    größe: "",
    a: "b:c",
    "open:": "",
    ":x": "",
  });
});

test.each([
  ['"W"."X"."T"', "w.x.t"],
  ["`w`.`x`.`t`", "w.x.t"],
  ["[w].[x].[t]", "w.x.t"],
  ["w.x.t", "w.x.t"],
  ['w."x.y".t', 'w."x.y".t'],
  ["w.`x.y`.t", 'w."x.y".t'],
])("the table of %s is %s", (relation, table) => {
  expect(tableOf(relation)).toBe(table);
});
