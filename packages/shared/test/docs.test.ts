import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { buildAssetGraph } from "../src/domain/asset-graph.ts";
import { CLOSED_VALUES, SELECTION_ATTRIBUTES } from "../src/domain/selection/ast.ts";
import { evaluateSelection } from "../src/domain/selection/evaluate.ts";
import { parseSelection } from "../src/domain/selection/parse.ts";

const docs = resolve(import.meta.dirname, "../../../docs");
const source = pathToFileURL(`${resolve(import.meta.dirname, "../src")}/`).href;
const folder = mkdtempSync(join(tmpdir(), "headgate-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each sample is a program of its own, run by Node as a reader would run it. */
const samples = readdirSync(join(docs, "internals")).flatMap((file) => {
  const text = readFileSync(join(docs, "internals", file), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match, index) => ({ file, number: index + 1, code: match[1] ?? "" }));
});

describe("samples of docs/internals", () => {
  it("are there", () => expect(new Set(samples.map(({ file }) => file)).size).toBe(4));

  it.each(samples)("$file, sample $number, runs", ({ file, number, code }) => {
    const path = join(folder, `${file}-${number}.ts`);
    writeFileSync(path, code.replaceAll('"@headgate/shared/', `"${source}`));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    execFileSync(process.execPath, [path], { stdio: ["ignore", "ignore", "pipe"] });
  });
});

describe("docs/reference/selection.md", () => {
  const text = readFileSync(join(docs, "reference/selection.md"), "utf8");
  const rows = (head: string) => {
    const [, table = ""] = text.split(`${head}\n| --- | --- |\n`);
    const [body = ""] = table.split("\n\n");
    return body
      .trim()
      .split("\n")
      .map((row) =>
        row
          .split("|")
          .slice(1, 3)
          .map((cell) => cell.trim().replace(/^`(.*)`$/, "$1")),
      );
  };
  const asset = (key: string, deps: readonly string[], more: { group?: string; tags?: Record<string, string>; unit?: null } = {}) => {
    const common = { key, unit: key, location: "main", group: "default", kinds: [], owners: [], tags: {} };
    return { ...common, deps: deps.map((dep) => ({ key: dep })), ...more };
  };
  const graph = buildAssetGraph([
    asset("bronze/orders", [], { group: "bronze" }),
    asset("bronze/customers", [], { group: "bronze" }),
    asset("silver/orders", ["bronze/orders"]),
    asset("silver/dim_customer", ["bronze/customers", "crm"], { tags: { tier: "gold" } }),
    asset("gold/revenue", ["silver/orders", "silver/dim_customer"]),
    asset("crm", [], { unit: null }),
  ]);

  it.each(rows("| selection | selects |"))("%s selects %s", (selection, expected) => {
    const parsed = parseSelection(selection ?? "");
    const found = parsed.ok ? evaluateSelection(parsed.value, graph) : parsed;
    expect(found.ok ? found.value.toSorted().join(" ") : found.error.message).toBe(expected);
  });

  it.each(rows("| text | refused at character |"))("%s is refused at character %s", (selection, character) => {
    const parsed = parseSelection(selection ?? "");
    expect(parsed.ok ? null : parsed.error.details?.["position"]).toBe(Number(character) - 1);
  });

  it("names every attribute of the language in its grammar", () => {
    const [, grammar = ""] = text.split("NAME        = ");
    const [names = ""] = grammar.split("\n");
    expect(names.split(" ").toSorted()).toEqual(SELECTION_ATTRIBUTES.toSorted());
    for (const name of SELECTION_ATTRIBUTES) expect(parseSelection(`${name}:${CLOSED_VALUES[name]?.[0] ?? "x"}`).ok).toBe(true);
  });
});
