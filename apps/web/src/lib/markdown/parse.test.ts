import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { parseInline, parseMarkdown, type Inline } from "./parse.ts";

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
          const lists = block.type === "list" ? block.items : block.type === "code" ? [] : [block.children];
          for (const href of lists.flatMap(linksOf)) expect(href).toMatch(/^https?:/);
        }
      }),
      { seed: 7 },
    );
  });
});
