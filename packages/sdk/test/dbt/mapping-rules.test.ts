/** What becomes of every kind of dbt node: keys, lineage, checks, and what is refused. Without a dbt. */
import { expect, test } from "vitest";
import { mapAssets } from "../../src/integrations/dbt/graph/asset-keys.ts";
import { dbtManifestSchema } from "../../src/integrations/dbt/graph/dbt-manifest.ts";
import { nodeOf, sourceOf } from "../../src/integrations/dbt/graph/dbt-node.ts";
import { selectedNodes } from "../../src/integrations/dbt/graph/selected-nodes.ts";
import { dbtLoadError } from "../../src/integrations/dbt/refusals/parse-error.ts";
import { selectNodes } from "../../src/integrations/dbt/graph/selection.ts";
import { unknownForm } from "../../src/integrations/dbt/refusals/unknown-form.ts";
import { unusedMeta } from "../../src/integrations/dbt/mapping/unused-meta.ts";
import { inOneLine, reasonFirst, withoutHeadings } from "../../src/integrations/dbt/report/failure.ts";
import { helperFailure } from "../../src/integrations/dbt/report/helper-failure.ts";
import { describeManifest, manifestOf, model } from "./manifest.test-support.ts";

const ephemeral = { config: { materialized: "ephemeral" } };

test("lineage leads through ephemeral models, functions, metrics, semantic models and saved queries", () => {
  const { lineage } = describeManifest(
    manifestOf({
      "source.shop.raw.clicks": {},
      "source.shop.raw.only_board": {},
      ...model("base"),
      ...model("hidden", ["model.shop.base"], ephemeral),
      "function.shop.f": { deps: ["model.shop.hidden", "function.shop.g"] },
      "function.shop.g": { deps: ["source.shop.raw.clicks"] },
      ...model("orders", ["function.shop.f"]),
      "semantic_model.shop.orders": { deps: ["model.shop.orders"] },
      "metric.shop.revenue": { deps: ["semantic_model.shop.orders"] },
      "metric.shop.growth": { deps: ["metric.shop.revenue"] },
      "saved_query.shop.weekly": { deps: ["metric.shop.growth"] },
      "exposure.shop.by_metric": { deps: ["metric.shop.growth"] },
      "exposure.shop.by_query": { deps: ["saved_query.shop.weekly", "model.shop.base"] },
      "exposure.shop.by_source": { deps: ["source.shop.raw.only_board"] },
      "exposure.shop.by_all": { deps: ["source.shop.raw.clicks", "model.shop.hidden", "semantic_model.shop.orders"] },
      "exposure.shop.by_nothing": {},
    }),
  );
  expect(lineage).toEqual({
    base: [],
    orders: ["base", "raw/clicks"],
    "raw/clicks": [],
    "raw/only_board": [],
    "dashboard/by_metric": ["orders"],
    "dashboard/by_query": ["base", "orders"],
    "dashboard/by_source": ["raw/only_board"],
    "dashboard/by_all": ["base", "orders", "raw/clicks"],
    "dashboard/by_nothing": [],
  });
});

test("a part of a project shows only exposures of this part", () => {
  const manifest = manifestOf({
    "source.shop.raw.a": {},
    ...model("a", ["source.shop.raw.a"]),
    ...model("b"),
    "exposure.shop.both": { deps: ["model.shop.a", "model.shop.b", "source.shop.raw.a"] },
    "exposure.shop.of_b": { deps: ["model.shop.b"] },
  });
  expect(describeManifest(manifest, new Set(["model.shop.a"])).lineage).toEqual({
    a: ["raw/a"],
    "raw/a": [],
    "dashboard/both": ["a", "raw/a"],
  });
});

const BOTH = {
  "source.shop.raw.s": {},
  ...model("a"),
  ...model("b"),
  ...model("hidden", ["model.shop.a"], ephemeral),
  ...model("mixed", ["model.shop.a", "model.shop.b"], ephemeral),
};

test.each<[string, Record<string, object>, string[]]>([
  ["a generic test of a model", { "test.shop.t": { attached: "model.shop.a", deps: ["model.shop.a"] } }, ["a:t blocking"]],
  [
    "a relationships test, of the model at which it stands",
    { "test.shop.t": { attached: "model.shop.a", deps: ["model.shop.b", "model.shop.a"] } },
    ["a:t blocking"],
  ],
  ["a singular test over one model", { "test.shop.t": { deps: ["model.shop.b"] } }, ["b:t blocking"]],
  ["a singular test over two models", { "test.shop.t": { deps: ["model.shop.a", "model.shop.b"] } }, ["a:t", "b:t"]],
  [
    "a singular test whose meta names one of two",
    { "test.shop.t": { deps: ["model.shop.a", "model.shop.b"], meta: { headgate: { ref: "b" } } } },
    ["b:t blocking"],
  ],
  [
    "a generic test of an ephemeral model",
    { "test.shop.t": { attached: "model.shop.hidden", deps: ["model.shop.hidden"] } },
    ["a:t blocking"],
  ],
  [
    "a generic test of an ephemeral model over two",
    { "test.shop.t": { attached: "model.shop.mixed", deps: ["model.shop.mixed"] } },
    ["a:t", "b:t"],
  ],
  ["a singular test over ephemeral models", { "test.shop.t": { deps: ["model.shop.hidden", "model.shop.mixed"] } }, ["a:t", "b:t"]],
  ["a singular test over a model and a source", { "test.shop.t": { deps: ["model.shop.a", "source.shop.raw.s"] } }, ["a:t blocking"]],
  ["a unit test", { "unit_test.shop.a.t": { deps: ["model.shop.a", "model.shop.b"] } }, ["a:t blocking"]],
  ["a unit test of an ephemeral model", { "unit_test.shop.hidden.t": { deps: ["model.shop.hidden"] } }, ["a:t blocking"]],
  ["a test of a source", { "test.shop.t": { attached: "source.shop.raw.s", deps: ["source.shop.raw.s"] } }, []],
  ["a test that reads nothing", { "test.shop.t": {} }, []],
  ["a test that warns", { "test.shop.t": { attached: "model.shop.a", deps: ["model.shop.a"], config: { severity: "warn" } } }, ["a:t"]],
])("%s is a check of the assets it is about", (_, entries, checks) => {
  const described = describeManifest(manifestOf({ ...BOTH, ...entries }));
  expect(described.checks).toEqual(checks);
  const [id] = Object.keys(entries);
  expect(described.map.otherTests.map((test) => test.unique_id)).toEqual(checks.length === 0 ? [id] : []);
});

test("long check names keep dbt's name, or end with a hash", () => {
  const long = "n".repeat(299);
  const manifest = manifestOf({
    ...model("a"),
    "test.shop.t1": { attached: "model.shop.a", name: `${long}1` },
    "test.shop.t2": { attached: "model.shop.a", name: `${long}22` },
    "test.shop.t3": { attached: "model.shop.a", name: `${long}23` },
    "test.pkg.same": { attached: "model.shop.a", name: "same" },
    "test.shop.same": { attached: "model.shop.a", name: "same" },
  });
  const names = [...describeManifest(manifest).map.checks.values()].map(({ name, test }) => [test.unique_id, name] as const);
  const byTest = Object.fromEntries(names);
  expect(byTest["test.shop.t1"]).toBe(`${long}1`);
  expect(byTest["test.shop.t2"]).toMatch(/^n{291}_[0-9a-f]{8}$/);
  expect(byTest["test.shop.t2"]).not.toBe(byTest["test.shop.t3"]);
  expect(byTest["test.shop.same"]).toBe("same");
  expect(byTest["test.pkg.same"]).toMatch(/^same_[0-9a-f]{8}$/);
});

const seed = { "seed.shop.countries": { table: '"shop"."raw"."countries"', schema: "raw" } };

test.each<[string, Record<string, object>, Record<string, string[]>]>([
  [
    "a seed that is read as a source of the same key",
    { ...seed, "source.shop.raw.countries": { table: '"SHOP"."RAW"."COUNTRIES"' }, ...model("orders", ["source.shop.raw.countries"]) },
    { "raw/countries": [], orders: ["raw/countries"] },
  ],
  [
    "a seed that is read as a source of another key",
    { ...seed, "source.shop.landing.countries": { table: "shop.raw.countries" }, ...model("orders", ["source.shop.landing.countries"]) },
    { "raw/countries": [], orders: ["raw/countries"] },
  ],
  [
    "a model that is read as two sources",
    {
      ...model("base", [], { table: "w.x.base" }),
      "source.shop.one.base": { table: "w.x.base" },
      "source.shop.two.base": { table: "`w`.`x`.`BASE`" },
      ...model("orders", ["source.shop.one.base", "source.shop.two.base"]),
    },
    { base: [], orders: ["base"] },
  ],
  [
    "a source whose YAML names the key of the model that fills it",
    {
      ...model("base", [], { table: "w.x.base" }),
      "source.shop.one.base": { table: "w.copy.base", meta: { headgate: { asset_key: ["base"] } } },
      ...model("orders", ["source.shop.one.base"]),
    },
    { base: [], orders: ["base"] },
  ],
  [
    "a model that reads its own table as a source",
    { "source.shop.own.history": { table: "w.x.history" }, ...model("history", ["source.shop.own.history"], { table: "w.x.history" }) },
    { history: ["own/history"], "own/history": [] },
  ],
  [
    "two models that read each other's table as sources",
    {
      "source.shop.s.a": { table: "w.x.a" },
      "source.shop.s.b": { table: "w.x.b" },
      ...model("a", ["source.shop.s.b"], { table: "w.x.a" }),
      ...model("b", ["source.shop.s.a"], { table: "w.x.b" }),
    },
    { a: ["s/b"], b: ["a"], "s/b": [] },
  ],
  [
    "two sources that are said to be one",
    {
      "source.shop.x.t": { table: "w.x.t", meta: { headgate: { asset_key: ["landing", "t"] } } },
      "source.shop.y.t": { table: "w.y.t", meta: { dagster: { asset_key: ["landing", "t"] } } },
      ...model("orders", ["source.shop.x.t", "source.shop.y.t"]),
    },
    { orders: ["landing/t"], "landing/t": [] },
  ],
  [
    "one source in two packages on one table",
    {
      "source.shop.crm.accounts": { table: "w.crm.accounts" },
      "source.pkg.crm.accounts": { table: "w.crm.accounts" },
      ...model("orders", ["source.shop.crm.accounts", "source.pkg.crm.accounts"]),
    },
    { orders: ["crm/accounts"], "crm/accounts": [] },
  ],
])("%s has one place in the lineage", (_, entries, lineage) => {
  const described = describeManifest(manifestOf(entries));
  expect(described.errors).toEqual([]);
  expect(described.lineage).toEqual(lineage);
});

test.each<[string, Record<string, object>, string]>([
  [
    "a seed and a source with other tables",
    { ...seed, "source.shop.raw.countries": { table: "other.raw.countries" }, ...model("orders", ["source.shop.raw.countries"]) },
    'the asset key "raw/countries": seed.shop.countries (models/countries.sql) and source.shop.raw.countries (models/raw/countries.yml).',
  ],
  [
    "a model named like the source it reads",
    {
      "source.shop.shop.account": { table: "w.crm.account" },
      ...model("account", ["source.shop.shop.account"], { schema: "shop", table: "w.shop.account" }),
    },
    'the asset key "shop/account": model.shop.account (models/account.sql) and source.shop.shop.account (models/shop/account.yml).',
  ],
  [
    "a model named like the source it reads through another",
    {
      "source.shop.shop.account": { table: "w.crm.account" },
      ...model("stg", ["source.shop.shop.account"]),
      ...model("account", ["model.shop.stg"], { schema: "shop", table: "w.shop.account" }),
    },
    'the asset key "shop/account"',
  ],
  [
    "a model that reads its own table as a source of its own key",
    { "source.shop.shop.h": { table: "w.shop.h" }, ...model("h", ["source.shop.shop.h"], { schema: "shop", table: "w.shop.h" }) },
    "They are one table, which the model reads itself.",
  ],
  [
    "sources that differ in characters that keys do not have",
    {
      "source.shop.sheets.Umsatz (€)": { table: "w.s.eur" },
      "source.shop.sheets.Umsatz ($)": { table: "w.s.usd" },
      ...model("a", ["source.shop.sheets.Umsatz (€)", "source.shop.sheets.Umsatz ($)"]),
    },
    'the asset key "sheets/Umsatz____": source.shop.sheets.Umsatz (€)',
  ],
  [
    "sources of two packages with other tables",
    {
      "source.shop.crm.accounts": { table: "w.crm.accounts" },
      "source.pkg.crm.accounts": { table: "w.crm2.accounts" },
      ...model("a", ["source.shop.crm.accounts", "source.pkg.crm.accounts"]),
    },
    'the asset key "crm/accounts": source.shop.crm.accounts',
  ],
  [
    "models of one name in two packages",
    { "model.shop.orders": { table: "a.orders" }, "model.pkg.orders": { table: "b.orders" } },
    'the asset key "orders": model.shop.orders (models/orders.sql) and model.pkg.orders (models/orders.sql).',
  ],
  [
    "an exposure and a model",
    { "model.shop.board": { schema: "dashboard" }, "exposure.shop.board": { deps: ["model.shop.board"] } },
    'the asset key "dashboard/board": model.shop.board',
  ],
  [
    "two exposures",
    { ...model("a"), "exposure.shop.x y": { deps: ["model.shop.a"] }, "exposure.shop.x_y": { deps: ["model.shop.a"] } },
    'the asset key "dashboard/x_y"',
  ],
])("%s cannot share a key", (_, entries, message) => {
  const described = describeManifest(manifestOf(entries));
  expect(described.errors).toHaveLength(1);
  expect(described.errors[0]).toContain("Two things of the dbt project have ");
  expect(described.errors[0]).toContain(message);
});

test("a step selects exactly its nodes and the functions they need", () => {
  const manifest = manifestOf({
    "source.shop.raw.s": {},
    "function.shop.used": { deps: ["function.shop.inner"] },
    "function.shop.inner": {},
    "function.shop.unused": {},
    ...model("a", ["function.shop.used"]),
    ...model("b", ["model.shop.a"]),
    "test.shop.of_a": { attached: "model.shop.a", deps: ["model.shop.a"] },
    "test.shop.of_both": { deps: ["model.shop.a", "model.shop.b"] },
    "test.shop.of_source": { attached: "source.shop.raw.s", deps: ["source.shop.raw.s"] },
  });
  const select = (assets: string[], checks: string[], selected: ReadonlySet<string> | null = null) => {
    const map = mapAssets({ manifest, selected }, () => undefined);
    return selectNodes({ graph: { manifest, selected }, map, wanted: { assets: new Set(assets), checks: new Set(checks) } });
  };
  const everything = ["a:of_a", "a:of_both", "b:of_both"];
  expect(select(["a", "b"], everything)).toEqual({
    args: ["--indirect-selection", "empty", "--select", "fqn:*"],
    chosen: null,
    elsewhere: {},
  });
  expect(select(["a"], ["a:of_a", "a:of_both"])).toEqual({
    args: expect.arrayContaining(["fqn:shop.a", "fqn:shop.used", "fqn:shop.inner"]),
    chosen: ["model.shop.a", "test.shop.of_a", "test.shop.of_both", "function.shop.inner", "function.shop.used"],
    elsewhere: { "test.shop.of_both": ["model.shop.b"] },
  });
  expect(select(["b"], []).chosen).toEqual(["model.shop.b"]);
  // Both checks are one test, and without anything to build nothing is left out.
  expect(select([], ["a:of_both", "b:of_both"])).toMatchObject({ chosen: ["test.shop.of_both"], elsewhere: {} });
  const part = new Set(["model.shop.a", "function.shop.unused", "test.shop.of_a", "test.shop.of_source"]);
  expect(select(["a"], ["a:of_a"], part).chosen).toEqual([
    "model.shop.a",
    "test.shop.of_a",
    "test.shop.of_source",
    "function.shop.inner",
    "function.shop.used",
    "function.shop.unused",
  ]);
});

test("a test belongs to the part that has its model", async () => {
  const manifest = manifestOf({
    "source.shop.raw.s": {},
    ...model("customers"),
    ...model("orders", ["model.shop.customers"]),
    "test.shop.relationships": { attached: "model.shop.orders", deps: ["model.shop.customers", "model.shop.orders"] },
    "test.shop.of_source": { attached: "source.shop.raw.s", deps: ["source.shop.raw.s"] },
    ...model("hidden", ["model.shop.customers"], ephemeral),
    "test.shop.of_hidden": { attached: "model.shop.hidden", deps: ["model.shop.hidden"] },
  });
  const asked: string[][] = [];
  const answers: Record<string, string[]> = {
    "eager tag:daily": ["model.shop.customers", "test.shop.relationships"],
    "empty tag:daily source:raw": ["model.shop.customers", "source.shop.raw.s"],
  };
  const list = async (args: readonly string[]) => {
    asked.push([...args]);
    return { ok: true as const, ids: answers[`${args[1]} ${args[3]}`] ?? [] };
  };
  const checksOf = async (select: string | undefined, exclude: string | undefined) => {
    const selected = await selectedNodes({ manifest, select, exclude, list });
    if (!selected.ok) throw new Error("not listed");
    const { checks, map } = describeManifest(manifest, selected.ids);
    return [checks, map.otherTests.map((test) => test.unique_id)];
  };
  expect(await checksOf("tag:daily", undefined)).toEqual([["customers:of_hidden blocking"], []]);
  expect(await checksOf(undefined, "tag:daily source:raw")).toEqual([["orders:relationships blocking"], []]);
  expect(await checksOf(undefined, undefined)).toEqual([
    ["customers:of_hidden blocking", "orders:relationships blocking"],
    ["test.shop.of_source"],
  ]);
  expect(asked).toHaveLength(2);
});

test("a setting of unknown form does not refuse a project", () => {
  const strange = { batch_size: 200, begin: 5, schema: 7, severity: [], tags: 4, meta: "x", full_refresh: "yes", incremental_strategy: {} };
  const manifest = manifestOf({ "seed.shop.s": { config: strange }, ...model("m", ["seed.shop.s"]) });
  expect(describeManifest(manifest).lineage).toEqual({ s: [], m: ["s"] });
});

test("a manifest of another version says which dbt to install", () => {
  const manifest = {
    metadata: { dbt_schema_version: "https://schemas.getdbt.com/dbt/manifest/v20.json", dbt_version: "3.0.0" },
    nodes: { "model.shop.m": { unique_id: 5, original_file_path: "models/m.sql" } },
  };
  const read = dbtManifestSchema.safeParse(manifest);
  expect(read.error && unknownForm(manifest, read.error, "dbt")).toMatchObject({
    file: "dbt/models/m.sql",
    hint: "dbt 3.0.0 writes manifests of another form. Install a dbt-core version from 1.8 on, below 1.12.",
  });
});

test("settings in meta without effect are named once with their count", () => {
  const dagster = (options: object) => ({ meta: { dagster: options } });
  const manifest = manifestOf({
    ...model("a", [], dagster({ asset_key: ["x", "a"], auto_materialize_policy: { type: "eager" } })),
    ...model("b", [], dagster({ auto_materialize_policy: { type: "lazy" }, has_self_dependency: true })),
    ...model("c", [], { meta: { headgate: { owner: "me" } } }),
    ...model("d", [], { meta: { dagster: "text", owner: "me" } }),
  });
  expect(unusedMeta(manifest)).toBe(
    "The dbt project has settings without effect here: meta.dagster.auto_materialize_policy (2 nodes, first model.shop.a), " +
      "meta.dagster.has_self_dependency (model.shop.b), meta.headgate.owner (model.shop.c). Say it in TypeScript, with the options of dbtAssets.",
  );
  expect(unusedMeta(manifestOf(model("a", [], dagster({ group: "x", owners: [], ref: "y" }))))).toBeNull();
});

test.each([
  ["Encountered an error:\nRuntime Error\n  Failed to read package: no such folder", "Failed to read package: no such folder"],
  ["Runtime Error in model a (models/a.sql)\n  Catalog Error: Table x does not exist!", "Catalog Error: Table x does not exist!"],
  ['Python model failed:\nTraceback (most recent call last):\n  File "m.py", line 3\nValueError: bad row\n', "ValueError: bad row"],
  ["Compilation Error in model b (models/b.sql)\n  'nope' is undefined", "'nope' is undefined"],
  ["Catalog Error: Table x does not exist!\nLINE 1: select", "Catalog Error: Table x does not exist!"],
  ["Encountered an error:", "Encountered an error:"],
])("the first line of %j says what happened", (message, first) => {
  expect(reasonFirst(message).split("\n")[0]).toBe(first);
});

test.each([
  [
    "Runtime Error in model a (models/a.sql)\nBinder Error: no x\n\nLINE 27:   x,\n           ^",
    "Binder Error: no x\n\nLINE 27:   x,\n           ^",
  ],
  ["Compilation Error in model b (models/b.sql)\n'nope' is undefined", "'nope' is undefined"],
  ["Database Error in model c (models/c.sql)", "Database Error in model c (models/c.sql)"],
  [
    "Runtime Error in model d (models/d.py)\nPython model failed:\nTraceback (most recent call last):\nValueError: bad row",
    "ValueError: bad row\nRuntime Error in model d (models/d.py)\nPython model failed:\nTraceback (most recent call last):\nValueError: bad row",
  ],
])("the failure of a node leaves out the headings of %j", (message, shown) => {
  expect(withoutHeadings(message)).toBe(shown);
});

test("a prefix comes before the keys of what the project makes", () => {
  const manifest = manifestOf({
    "source.shop.raw.s": {},
    ...model("a", ["source.shop.raw.s"], { schema: "gold" }),
    ...model("named", ["model.shop.a"], { meta: { dagster: { asset_key: ["own", "named"] } } }),
    "exposure.shop.board": { deps: ["model.shop.named"] },
  });
  expect(describeManifest(manifest, null, { keyPrefix: "finance/eu" }).lineage).toEqual({
    "finance/eu/gold/a": ["raw/s"],
    "own/named": ["finance/eu/gold/a"],
    "raw/s": [],
    "dashboard/board": ["own/named"],
  });
});

test("translate sees where a node is defined and stored", () => {
  const manifest = manifestOf({
    ...model("orders", [], { config: { schema: "gold" }, stored: { database: "lake", schema: "dev_gold", alias: "orders_v2" } }),
    "source.shop.raw.s": { stored: { database: "landing", schema: "crm", identifier: "S 1" } },
  });
  const [orders] = Object.values(manifest.nodes);
  const [source] = Object.values(manifest.sources);
  expect(orders && nodeOf(orders)).toMatchObject({
    path: "models/orders.sql",
    schema: "gold",
    database: "lake",
    databaseSchema: "dev_gold",
    alias: "orders_v2",
  });
  expect(source && sourceOf(source)).toMatchObject({
    path: "models/raw/s.yml",
    schema: "raw",
    database: "landing",
    databaseSchema: "crm",
    alias: "S 1",
  });
});

test("a selector of the project stands in the place of select", async () => {
  const manifest = manifestOf({ ...model("a"), ...model("b"), "test.shop.t": { attached: "model.shop.a", deps: ["model.shop.a"] } });
  const asked: (readonly string[])[] = [];
  const list = async (selection: readonly string[]) => {
    asked.push(selection);
    return { ok: true as const, ids: selection.includes("--selector") ? ["model.shop.a", "model.shop.b"] : ["model.shop.b"] };
  };
  const chosen = await selectedNodes({ manifest, select: undefined, exclude: "\n  b\n  c\n", selector: "nightly", list });
  expect(chosen.ok && chosen.ids && [...chosen.ids]).toEqual(["model.shop.a", "test.shop.t"]);
  expect(asked).toEqual([
    ["--indirect-selection", "eager", "--selector", "nightly"],
    ["--indirect-selection", "empty", "--select", "b c"],
  ]);
});

test.each([
  [
    "Runtime Error in model b (models/b.sql)\nBinder Error: No function error\n\tCandidate functions:\n\terror(VARCHAR)\n",
    "Binder Error: No function error",
  ],
  ["Runtime Error in model a (models/a.sql)\n  Catalog Error: no x!\n", "Catalog Error: no x!"],
  ["Catalog Error: Table x does not exist!\nLINE 1: select", "Catalog Error: Table x does not exist! LINE 1: select"],
])("a list of failures names the reason of %j alone", (message, line) => {
  expect(inOneLine(message)).toBe(line);
});

test("a project that dbt cannot read begins with the reason", () => {
  const message = "Encountered an error:\nParsing Error\n  Error reading shop: m.yml - Runtime Error\n    Syntax error near line 15\n";
  expect(dbtLoadError({ message, dir: "/no/such/folder", shownDir: "dbt" })).toMatchObject({
    message: expect.stringMatching(/^The dbt project in "dbt" cannot be read\. Error reading shop: m\.yml - Runtime Error\n/),
    line: 15,
  });
});

test("failed on-run commands and functions are named with the database's sentence", () => {
  const manifest = manifestOf({ "function.shop.cents": {}, ...model("a") });
  expect(
    helperFailure(manifest, "operation.shop.shop-on-run-end-0", "  shop.on-run-end.0 failed, error:\n Catalog Error: no audit_log"),
  ).toMatch(/^on-run-end hook shop\.on-run-end\.0 failed: Catalog Error: no audit_log$/);
  expect(helperFailure(manifest, "function.shop.cents", "Parser Error: near RETURNS")).toBe(
    "function cents failed: Parser Error: near RETURNS",
  );
  expect(helperFailure(manifest, "model.shop.a", "said by the model itself")).toBeNull();
});

test.each([
  ["Could not find profile named 'shop'", "Add shop to profiles.yml, or name another profile"],
  ["'foo' is not a valid method name", "Correct `select` or `exclude` of dbtAssets: dbt has no method foo:"],
  ["Could not find selector named nightly, expected one of []", "Add nightly to selectors.yml, or correct `selector` of dbtAssets."],
])("dbt's sentence %j gets a remedy", (message, hint) => {
  expect(dbtLoadError({ message, dir: "/nowhere", shownDir: "dbt" }).hint).toContain(hint);
});
