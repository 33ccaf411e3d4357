import { describe, expect, it } from "vitest";
import { buildAssetGraph } from "../asset-graph.ts";
import { unwrap } from "../errors.ts";
import type { GraphAsset } from "../run/plan-types.ts";
import { emptyClauses, evaluateSelection, refuseEmpty, type SelectionContext } from "./evaluate.ts";
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
  ])("%j is refused at %i for %i characters; expected: %s", (...[text, position, length, expected]) => {
    const result = parseSelection(text);
    expect(result).toMatchObject({
      ok: false,
      error: { code: "invalid_selection", details: { position, length, expected: expect.arrayContaining([expected]) } },
    });
  });

  it.each([
    ["grop:bronze", 'there is no attribute "grop"; did you mean group:. Expected key:, tag:, column_tag:, owner:, group:,'],
    ["status:broken", '"broken" is not a value of status:. Expected '],
    ["state:modified+", 'there is no attribute "state", which is a method of dbt; status:stale selects what must be made again. Expected'],
    ["config.materialized:view", "which is a method of dbt; tag:, group: and kind: select by what an asset declares. Expected"],
    ["tags:daily", 'there is no attribute "tags"; did you mean tag:. Expected'],
    ["group=bronze", "an attribute needs a colon before its value; write group:bronze. Expected :."],
    ["a=b", 'unexpected "=". Expected and, or, +, the end.'],
    ["upstream(a)", 'there is no function "upstream"; write +name for what it depends on. Expected roots(, sinks(.'],
    ["children(a)", 'there is no function "children"; write name+1 for what depends on it directly.'],
    ["a and", "the text ends too early. Expected an asset key, key:, group:,"],
  ])("the error of %j says what may stand there", (text, message) => {
    expect(parseSelection(text)).toMatchObject({ ok: false, error: { message: expect.stringContaining(message) as string } });
  });

  it("an unknown word gets the nearest key, an ambiguous one its candidates", () => {
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

  it("ten thousand words are answered, ten thousand other clauses refused", () => {
    const big = buildAssetGraph(Array.from({ length: 100_000 }, (_, i) => asset(`a/n${i}`, "g")));
    const joined = (count: number, clause: (index: number) => string) =>
      unwrap(parseSelection(Array.from({ length: count }, (_, i) => clause(i)).join(" or ")));
    expect(
      unwrap(
        evaluateSelection(
          joined(10_000, (i) => `n${i}`),
          big,
        ),
      ),
    ).toHaveLength(10_000);
    const flood = evaluateSelection(
      joined(5000, (i) => `tag:t${i}`),
      big,
    );
    expect(flood).toMatchObject({ ok: false, error: { code: "too_large", message: expect.stringContaining("5001 clauses") } });
  });

  it("repeats only the beginning of a long word or selection", () => {
    const word = "x".repeat(50_000);
    const refused = [
      evaluateSelection(unwrap(parseSelection(word)), graph),
      refuseEmpty(
        `group:${word}`,
        Array.from({ length: 1000 }, () => `group:${word}`),
      ),
    ];
    for (const result of refused) expect(JSON.stringify(result).length).toBeLessThan(3000);
  });

  it("selects one of ten thousand with everything above it", () => {
    const big = buildAssetGraph(Array.from({ length: 10_000 }, (_, i) => asset(`n${i}`, "g", { up: i === 0 ? [] : [`n${i - 1}`] })));
    expect(unwrap(evaluateSelection(unwrap(parseSelection("+n9999")), big))).toHaveLength(10_000);
    expect(unwrap(evaluateSelection(unwrap(parseSelection("sinks(*)")), big))).toEqual(["n9999"]);
  });
});
