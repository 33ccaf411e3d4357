/**
 * Parses the part of Markdown that descriptions use into plain data. Text from user code never becomes HTML, so it cannot inject markup,
 * scripts or links to anything but the web.
 */
import { type Inline, parseInline } from "./parse-inline.ts";
import { type List, parseList, startsItem } from "./parse-list.ts";

export type Block =
  | { readonly type: "paragraph"; readonly children: readonly Inline[] }
  | { readonly type: "heading"; readonly level: number; readonly children: readonly Inline[] }
  | { readonly type: "code"; readonly language: string; readonly text: string }
  | List
  | { readonly type: "quote"; readonly children: readonly Inline[] }
  | { readonly type: "table"; readonly header: readonly (readonly Inline[])[]; readonly rows: readonly (readonly (readonly Inline[])[])[] };

const FENCE = /^\s*```\s*([\w+-]*)\s*$/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const QUOTE = /^\s*>\s?(.*)$/;
const TABLE_ROW = /^\s*(\|.*)$/;
/** The line below the header of a table. */
const TABLE_RULE = /^\s*\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?$/;

export function parseMarkdown(source: string): Block[] {
  const lines = source.replaceAll("\r\n", "\n").split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const fence = FENCE.exec(line);
    const heading = HEADING.exec(line);
    if (line.trim() === "") at++;
    else if (fence) {
      const end = lines.findIndex((later, index) => index > at && FENCE.test(later));
      const stop = end === -1 ? lines.length : end;
      blocks.push({ type: "code", language: fence[1] ?? "", text: lines.slice(at + 1, stop).join("\n") });
      at = stop + 1;
    } else if (heading) {
      blocks.push({ type: "heading", level: heading[1]?.length ?? 1, children: parseInline(heading[2] ?? "") });
      at++;
    } else if (startsItem(line)) {
      const { list, next } = parseList(lines, at);
      blocks.push(list);
      at = next;
    } else if (startsTable(lines, at)) {
      const rows = takeWhile(lines, at, TABLE_ROW);
      const [header = [], , ...body] = rows.map(cellsOf);
      blocks.push({ type: "table", header, rows: body.map((cells) => header.map((_, column) => cells[column] ?? [])) });
      at += rows.length;
    } else if (QUOTE.test(line)) {
      const quoted = takeWhile(lines, at, QUOTE);
      blocks.push({ type: "quote", children: parseInline(quoted.join(" ")) });
      at += quoted.length;
    } else {
      const start = at;
      while (
        at < lines.length &&
        (lines[at] ?? "").trim() !== "" &&
        (at === start || !(startsBlock(lines[at] ?? "") || startsTable(lines, at)))
      )
        at++;
      blocks.push({
        type: "paragraph",
        children: parseInline(
          lines
            .slice(start, at)
            .map((text) => text.trim())
            .join(" "),
        ),
      });
    }
  }
  return blocks;
}

function startsBlock(line: string): boolean {
  return FENCE.test(line) || HEADING.test(line) || startsItem(line) || QUOTE.test(line);
}

function startsTable(lines: readonly string[], at: number): boolean {
  return TABLE_ROW.test(lines[at] ?? "") && TABLE_RULE.test(lines[at + 1] ?? "");
}

function takeWhile(lines: readonly string[], start: number, pattern: RegExp): string[] {
  const taken: string[] = [];
  for (let at = start; at < lines.length; at++) {
    const match = pattern.exec(lines[at] ?? "");
    if (!match) break;
    taken.push(match[1] ?? "");
  }
  return taken;
}

function cellsOf(line: string): Inline[][] {
  const inner = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => parseInline(cell.trim().replaceAll("\\|", "|")));
}
