import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { parseInline, type Inline } from "./parse-inline.ts";
import type { List } from "./parse-list.ts";
import { parseMarkdown, type Block } from "./parse.ts";

const itemsOf = (list: List): readonly (readonly Inline[])[] =>
  list.items.flatMap(({ children, lists }) => [children, ...lists.flatMap(itemsOf)]);

function listsOf(block: Block): readonly (readonly Inline[])[] {
  if (block.type === "list") return itemsOf(block);
  if (block.type === "table") return [...block.header, ...block.rows.flat()];
  return block.type === "code" ? [] : [block.children];
}

function linksOf(nodes: readonly Inline[]): string[] {
  return nodes.flatMap((node) => (node.type === "link" ? [node.href] : "children" in node ? linksOf(node.children) : []));
}

describe("Markdown", () => {
  it("paragraphs, headings, lists, quotes and code are parsed", () => {
    const blocks = parseMarkdown("# Title\n\nText over\ntwo lines\n\n- one\n- two\n\n1. first\n\n> said\n\n```sql\nselect 1\n```");
    expect(blocks.map((block) => block.type)).toEqual(["heading", "paragraph", "list", "list", "quote", "code"]);
    expect(blocks.at(-1)).toEqual({ type: "code", language: "sql", text: "select 1" });
  });

  it("strong, emphasis, code and links are parsed", () => {
    expect(parseInline("**a** *b* `c` [d](https://e.example/)").map((node) => node.type)).toEqual([
      "strong",
      "text",
      "emphasis",
      "text",
      "code",
      "text",
      "link",
    ]);
  });

  it("HTML stays text", () => {
    expect(parseInline('<img src=x onerror="alert(1)">')).toEqual([{ type: "text", text: '<img src=x onerror="alert(1)">' }]);
  });

  it("only links to the web become links", () => {
    for (const target of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"]) {
      expect(linksOf(parseInline(`[x](${target})`))).toEqual([]);
    }
  });

  it("an unclosed code fence ends with the text", () => {
    expect(parseMarkdown("```\nselect 1")).toEqual([{ type: "code", language: "", text: "select 1" }]);
  });

  it("any text parses and never yields an unsafe link", () => {
    const text = fc.string({
      unit: fc.constantFrom("*", "`", "[", "]", "(", ")", "#", "-", "\n", " ", "a", "http://a.b", "javascript:", "1.", ">"),
    });
    fc.assert(
      fc.property(text, (source) => {
        for (const block of parseMarkdown(source)) {
          for (const href of listsOf(block).flatMap(linksOf)) expect(href).toMatch(/^https?:/);
        }
      }),
      { seed: 7 },
    );
  });
});

const text = (value: string) => [{ type: "text", text: value }];

it("an item holds further lists and its indented lines", () => {
  const item = (value: string, ...lists: readonly unknown[]) => ({ children: text(value), lists });
  const list = (ordered: boolean, ...items: readonly unknown[]) => ({ type: "list", ordered, items });
  expect(parseMarkdown("- a\n  goes on\n  - b\n    1. c\n    2. d\n  - e\n- f\n\nEnd")).toEqual([
    list(false, item("a goes on", list(false, item("b", list(true, item("c"), item("d"))), item("e"))), item("f")),
    { type: "paragraph", children: text("End") },
  ]);
  expect(parseMarkdown("  1. a\n- b")).toEqual([list(true, item("a")), list(false, item("b"))]);
});

it("lists deeper than the deepest level stand at that level", () => {
  const source = Array.from({ length: 10_000 }, (_, depth) => `${" ".repeat(Math.min(depth * 2, 300))}- x`).join("\n");
  const [block] = parseMarkdown(source);
  expect(block && listsOf(block)).toHaveLength(10_000);
});

it("a table has a header and rows, also right after a sentence", () => {
  const table = {
    type: "table",
    header: [text("status"), text("meaning")],
    rows: [
      [text("placed"), [{ type: "code", text: "a" }]],
      [text("a | b"), []],
    ],
  };
  const source = "| status | meaning |\n|-----|:---:|\n| placed | `a` |\n| a \\| b |";
  expect(parseMarkdown(source)).toEqual([table]);
  expect(parseMarkdown(`One of:\n${source}\n\nEnd`)).toMatchObject([{ type: "paragraph" }, table, { type: "paragraph" }]);
  expect(parseMarkdown("| a | b |\nno rule")).toMatchObject([{ type: "paragraph" }]);
});

it("underscores mean emphasis around words, never inside of names", () => {
  expect(parseInline("_new_ and __old__")).toEqual([
    { type: "emphasis", children: text("new") },
    { type: "text", text: " and " },
    { type: "strong", children: text("old") },
  ]);
  for (const name of ["snake_case_name", "a_ b_", "_ x _", "größe_alt_neu"]) expect(parseInline(name)).toEqual(text(name));
});

it("an image becomes a link to it, and only to the web", () => {
  expect(parseInline("![plan](https://example.com/p.png)")).toEqual([
    { type: "link", href: "https://example.com/p.png", children: text("plan") },
  ]);
  expect(linksOf(parseInline("![x](javascript:alert(1))"))).toEqual([]);
});
