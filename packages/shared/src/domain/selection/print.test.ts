import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { unwrap } from "../errors.ts";
import { CLOSED_VALUES, SELECTION_ATTRIBUTES, type Selection } from "./ast.ts";
import { parseSelection } from "./parse.ts";
import { printSelection } from "./print.ts";
import { propertyRuns } from "../property-runs.test-support.ts";

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
        .map((node) => ({ ...node, value: CLOSED_VALUES[node.name]?.[0] ?? node.value })),
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
      { seed: 3, numRuns: propertyRuns(1000) },
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
      { seed: 4, numRuns: propertyRuns(2000) },
    );
  });
});
