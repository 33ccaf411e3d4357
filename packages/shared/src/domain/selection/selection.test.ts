import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { buildAssetGraph } from "../asset-graph.ts";
import { unwrap } from "../../errors.ts";
import type { GraphAsset } from "../run/plan-types.ts";
import { PARTITION_KIND_VALUES, SELECTION_ATTRIBUTES, type Selection } from "./ast.ts";
import { select } from "./builder.ts";
import { completeSelection } from "./complete.ts";
import { emptyClauses, evaluateSelection, type SelectionContext } from "./evaluate.ts";
import { matchesWildcard } from "./match-key.ts";
import { parseSelection } from "./parse.ts";
import { printSelection } from "./print.ts";

function asset(key: string, group: string, extra: Partial<GraphAsset> & { up?: readonly string[] } = {}): GraphAsset {
  const { up = [], ...rest } = extra;
  return { key, unit: key, location: "main", group, kinds: [], owners: [], tags: {}, deps: up.map((dep) => ({ key: dep })), ...rest };
}

/** The graph of the reference's own examples. */
const graph = buildAssetGraph([
  asset("a", "g1", { tags: { t: "1" }, owners: ["team:x"], kinds: ["dbt"] }),
  asset("b", "g1", { up: ["a"], tags: { t: "" } }),
  asset("c", "g2", { up: ["b", "ext"], kinds: ["trino"] }),
  asset("d", "default", { up: ["c"] }),
  asset("e", "default", { up: ["a"], owners: ["bob@x.com"] }),
  asset("pre/f", "default", { up: ["e", "d"] }),
  asset("z", "default", { partitions: { type: "time", cadence: "daily", start: "2025-01-01" } }),
  asset("ext", "g2", { unit: null, tags: { t: "1" } }),
]);

function selected(text: string, context?: SelectionContext): string {
  const selection = parseSelection(text);
  const result = selection.ok ? evaluateSelection(selection.value, graph, context) : selection;
  return result.ok ? result.value.toSorted().join(" ") : "error";
}

describe("selection language", () => {
  it.each([
    ["*", "a b c d e pre/f z"],
    ["key:a", "a"],
    ['key:"*"', "a b c d e ext pre/f z"],
    ["key:**", "a b c d e ext pre/f z"],
    ["key:pre/*", "pre/f"],
    ["1+key:c", "b c"],
    ["key:a+1", "a b e"],
    ["key:a+2", "a b c e pre/f"],
    ["+key:c+", "a b c d pre/f"],
    ["1+key:c+1", "b c d"],
    ["key:a+ and not key:b", "a c d e pre/f"],
    ["not key:a", "b c d e pre/f z"],
    ["not key:a and key:b", "b"],
    ["not (key:a and key:b)", "a b c d e pre/f z"],
    ["key:a or key:b and key:c", "a"],
    ["(key:a or key:b) and key:b", "b"],
    ["tag:t", "b"],
    ["tag:t=1", "a"],
    ['tag:"t"="1"', "a"],
    ["tag:t=<null>", "b"],
    ["tag:t=1 and key:a", "a"],
    ['owner:"team:x"', "a"],
    ["owner:<null>", ""],
    ['group:"g*"', "a b c"],
    ["group:<null>", ""],
    ["kind:dbt", "a"],
    ["kind:<null>", "b d e pre/f z"],
    ["is:external", "ext"],
    ["is:materializable", "a b c d e pre/f z"],
    ["sinks(*)", "pre/f z"],
    ["roots(*)", "a z"],
    ["sinks(key:a+)", "pre/f"],
    ["roots(key:c or key:d)", "c"],
    ["sinks(key:a or key:b)+", "b c d pre/f"],
    ["+roots(key:d)", "a b c d"],
    ['key:"ext"+', "c d ext pre/f"],
    ['+key:"ext"', ""],
    ["key:ext and *", ""],
    ["partitions:time", "z"],
    ["code_location:main", "a b c d e pre/f z"],
    ["code_location:repo@main and key:a", "a"],
    ["0+key:c", "c"],
    ["key : a", "a"],
    ["1 + key:c", "b c"],
    ["2+(key:c or key:e)+1", "a b c d e pre/f"],
    ["((key:a))", "a"],
    ["sinks (key:a)", "a"],
    ["key:A", ""],
    // Ours: plain words, more characters without quotes, operators in any case, escapes.
    ["a", "a"],
    ["+c", "a b c"],
    ["2+pre/f", "a c d e pre/f"],
    ["pre.f", "pre/f"],
    ["f", "pre/f"],
    ["pre/*", "pre/f"],
    ["pre.*", "pre/f"],
    ["*f", "pre/f"],
    ["owner:bob@x.com", "e"],
    ["key:a OR key:b And NOT key:b", "a"],
    ['key:"a\\"b"', ""],
    ["key:job", ""],
    ['"a"+1', "a b e"],
  ])("%s selects [%s]", (text, expected) => {
    expect(selected(text)).toBe(expected);
  });

  it.each([
    "",
    "a b",
    "is:foo",
    "partitions:x",
    "owner:team:x",
    "SINKS(*)",
    "1key:a",
    "++key:a",
    "key:a+1+",
    "key:",
    "(a",
    "a)",
    "not",
    "a and",
    "foo:bar",
    'key:"a',
    "key:a%",
    "AND",
  ])("%j is an error", (text) => {
    expect(selected(text)).toBe("error");
  });

  it.each([
    ["a b", 2, 1, "and"],
    ["a and", 5, 0, "an asset key"],
    ["grop:bronze", 0, 4, "group:"],
    ['key:"abc', 4, 4, "a quoted text"],
    ["key:ä", 4, 1, "a quoted text"],
    ["is:foo", 3, 3, "external"],
    ["sinks(a", 7, 0, ")"],
  ])("%j is refused at character %i, %i long, and %s is expected there", (...[text, position, length, expected]) => {
    const result = parseSelection(text);
    expect(result).toMatchObject({
      ok: false,
      error: { code: "invalid_selection", details: { position, length, expected: expect.arrayContaining([expected]) } },
    });
  });

  it("names the nearest key for a word that is no asset, and the candidates for one that could be several", () => {
    const twins = buildAssetGraph([asset("bronze/orders", "x"), asset("silver/orders", "x"), asset("silver/dim_customer", "x")]);
    expect(evaluateSelection(unwrap(parseSelection("dim_custmer")), twins)).toMatchObject({
      ok: false,
      error: { details: { nearest: ["silver/dim_customer"] } },
    });
    expect(evaluateSelection(unwrap(parseSelection("orders")), twins)).toMatchObject({
      ok: false,
      error: { details: { nearest: ["bronze/orders", "silver/orders"] } },
    });
  });

  it("counts external assets where a lineage view asks for them", () => {
    expect(selected("+key:c", { includeExternal: true })).toBe("a b c ext");
    expect(selected("roots(*)", { includeExternal: true })).toBe("a ext z");
    expect(selected("group:g2", { includeExternal: true })).toBe("c ext");
  });

  it("asks the caller about status, and refuses it where nobody knows", () => {
    expect(
      selected("status:failed or key:a", { attributes: { status: ({ asset: key, value }) => key === "e" && value === "failed" } }),
    ).toBe("a e");
    expect(evaluateSelection(unwrap(parseSelection("status:failed")), graph)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("status:") },
    });
  });

  it("says which clauses match nothing", () => {
    const selection = unwrap(parseSelection("key:a and (group:nope or not tag:x=y)"));
    expect(emptyClauses(selection, graph).map((clause) => printSelection(clause))).toEqual(["group:nope", "tag:x=y"]);
  });

  it("refuses nesting that could exhaust the stack, and reads long chains", () => {
    expect(selected("(".repeat(5000) + "a" + ")".repeat(5000))).toBe("error");
    expect(selected("not ".repeat(5000) + "a")).toBe("error");
    expect(selected(Array.from({ length: 5000 }, () => "key:a").join(" or "))).toBe("a");
  });

  it("selects one of ten thousand with everything above it", () => {
    const big = buildAssetGraph(Array.from({ length: 10_000 }, (_, i) => asset(`n${i}`, "g", { up: i === 0 ? [] : [`n${i - 1}`] })));
    expect(unwrap(evaluateSelection(unwrap(parseSelection("+n9999")), big))).toHaveLength(10_000);
    expect(unwrap(evaluateSelection(unwrap(parseSelection("sinks(*)")), big))).toEqual(["n9999"]);
  });
});

describe("printSelection", () => {
  it.each([
    ["not (key:a and key:b)", 'not (key:"a" and key:"b")'],
    ["key:a or (key:b and c)", 'key:"a" or key:"b" and c'],
    ["((a or b)) and c", "(a or b) and c"],
    ["2+(a or b)+", "2+(a or b)+"],
    ["tag:t=<null>", "tag:t"],
    ["owner:bob@x.com", 'owner:"bob@x.com"'],
    ["group:<null>", "group:<null>"],
    ['"and" or "2024"', '"and" or "2024"'],
    ["kind:job", 'kind:"job"'],
  ])("writes %s as %s", (text, printed) => {
    expect(printSelection(unwrap(parseSelection(text)))).toBe(printed);
  });

  const text = fc.oneof(
    fc.constantFrom("a", "silver/dim_customer", "and", "NOT", "2024", "*", "x*", "roots", "<null>", "", 'q"\\\n'),
    fc.string({ maxLength: 8 }),
  );
  const depth = fc.oneof(fc.constant("all" as const), fc.nat(3));
  const { tree } = fc.letrec<{ tree: Selection; leaf: Selection }>((tie) => ({
    leaf: fc.oneof(
      fc.constant<Selection>({ type: "all" }),
      fc.record<Selection & { type: "key" }>({ type: fc.constant("key"), pattern: text, exact: fc.boolean() }),
      fc.record<Selection & { type: "tag" }>({
        type: fc.constant("tag"),
        name: fc.constantFrom("tag", "column_tag"),
        key: text,
        value: text,
      }),
      fc
        .record<Selection & { type: "attribute" }>({
          type: fc.constant("attribute"),
          name: fc.constantFrom(...SELECTION_ATTRIBUTES),
          value: fc.option(text),
        })
        .map((node) =>
          node.name === "is"
            ? { ...node, value: "external" }
            : node.name === "partitions"
              ? { ...node, value: PARTITION_KIND_VALUES[0] }
              : node,
        ),
    ),
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.record<Selection & { type: "and" | "or" }>({
        type: fc.constantFrom("and", "or"),
        of: fc.array(tie("tree"), { minLength: 2, maxLength: 3 }),
      }),
      fc.record<Selection & { type: "not" | "roots" | "sinks" }>({ type: fc.constantFrom("not", "roots", "sinks"), of: tie("tree") }),
      fc
        .record<Selection & { type: "traverse" }>({ type: fc.constant("traverse"), of: tie("tree"), up: depth, down: depth })
        .map((node) => (node.up === 0 && node.down === 0 ? { ...node, up: 1 } : node)),
    ),
  }));

  it("writes every tree so that it reads back the same", () => {
    fc.assert(
      fc.property(tree, (selection) => {
        expect(parseSelection(printSelection(selection))).toEqual({ ok: true, value: selection });
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  it("never lets the parser throw, whatever the text", () => {
    const pieces = fc.array(
      fc.constantFrom("a", "key", ":", "=", "+", "(", ")", "not", "and", '"', "*", "<null>", "2", " ", "roots", "\\", "é"),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(pieces, (drawn) => {
        const result = parseSelection(drawn.join(""));
        if (!result.ok) expect(result.error.details).toMatchObject({ position: expect.any(Number), length: expect.any(Number) });
      }),
      { seed: 4, numRuns: 2000 },
    );
  });
});

describe("select", () => {
  it.each([
    [select.all(), "*"],
    [select.groups("bronze", "silver"), "group:bronze or group:silver"],
    [select.keys("stg_customers").downstream(), "stg_customers+"],
    [select.keys("a", "b").upstream(2), "2+(a or b)"],
    [select.keys("a").upstream(1).downstream(1), "(1+a)+1"],
    [select.tag("tier", "gold").and(select.kinds("dbt")), "tag:tier=gold and kind:dbt"],
    [select.groups("gold").minus(select.owners("team:x")), 'group:gold and not owner:"team:x"'],
    [select.groups("gold").or(select.tag("t")).not(), "not (group:gold or tag:t)"],
    [
      select
        .all()
        .sinks()
        .or(select.roots(select.groups("g"))),
      "sinks(*) or roots(group:g)",
    ],
    [select.codeLocations("main"), "code_location:main"],
  ])("prints as text", (selection, printed) => {
    expect(printSelection(selection)).toBe(printed);
    expect(parseSelection(printed)).toEqual({ ok: true, value: JSON.parse(JSON.stringify(selection)) });
  });
});

describe("completeSelection", () => {
  const vocabulary = {
    keys: ["bronze/stg_customers", "silver/dim_customer"],
    values: { group: ["bronze", "my group"], tag: ["tier", "tier=gold"], status: ["failed"] },
  };
  const complete = (marked: string) => {
    const cursor = marked.indexOf("|");
    const { from, to, options } = completeSelection(marked.replace("|", ""), cursor, vocabulary);
    return { from, to, inserts: options.map((option) => option.insert) };
  };

  it("offers keys and attributes for a word that has begun", () => {
    expect(complete("dim|")).toEqual({ from: 0, to: 3, inserts: ["silver/dim_customer"] });
    expect(complete("gr|")).toMatchObject({ from: 0, to: 2, inserts: expect.arrayContaining(["group:"]) });
  });

  it("offers the values of an attribute, quoted where they need it", () => {
    expect(complete("group:|")).toEqual({ from: 6, to: 6, inserts: ["bronze", '"my group"'] });
    expect(complete("tag:tier|")).toMatchObject({ inserts: ["tier", "tier=gold"] });
    expect(complete("key:silv|")).toMatchObject({ from: 4, inserts: ["silver/dim_customer"] });
    expect(complete('group:"my|')).toMatchObject({ from: 6, inserts: ['"my group"'] });
  });

  it("offers operators after something complete, and operands after an operator", () => {
    expect(complete("group:bronze |")).toMatchObject({ inserts: ["and ", "or "] });
    expect(complete("group:bronze and |").inserts).toContain("not ");
    expect(complete("+|").inserts).toContain("bronze/stg_customers");
  });
});

describe("matchesWildcard", () => {
  it("agrees with a regular expression", () => {
    const word = fc.array(fc.constantFrom("a", "b", "/", "*"), { maxLength: 8 }).map((letters) => letters.join(""));
    fc.assert(
      fc.property(
        word,
        word.map((drawn) => drawn.replaceAll("*", "a")),
        (pattern, key) => {
          expect(matchesWildcard(pattern, key)).toBe(new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(key));
        },
      ),
      { seed: 5, numRuns: 2000 },
    );
  });
});
