/**
 * Parses the part of Markdown that descriptions use into plain data. Text from user code never becomes HTML, so it cannot inject markup,
 * scripts or links to anything but the web.
 */
import { safeExternalUrl } from "#lib/paths.ts";

export type Inline =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "strong"; readonly children: readonly Inline[] }
  | { readonly type: "emphasis"; readonly children: readonly Inline[] }
  | { readonly type: "link"; readonly href: string; readonly children: readonly Inline[] };
export type Block =
  | { readonly type: "paragraph"; readonly children: readonly Inline[] }
  | { readonly type: "heading"; readonly level: number; readonly children: readonly Inline[] }
  | { readonly type: "code"; readonly language: string; readonly text: string }
  | { readonly type: "list"; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly type: "quote"; readonly children: readonly Inline[] }
  | { readonly type: "table"; readonly header: readonly (readonly Inline[])[]; readonly rows: readonly (readonly (readonly Inline[])[])[] };

const FENCE = /^\s*```\s*([\w+-]*)\s*$/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBER = /^\s*\d+[.)]\s+(.*)$/;
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
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      const marker = BULLET.test(line) ? BULLET : NUMBER;
      const items = takeWhile(lines, at, marker);
      blocks.push({ type: "list", ordered: marker === NUMBER, items: items.map(parseInline) });
      at += items.length;
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
  return FENCE.test(line) || HEADING.test(line) || BULLET.test(line) || NUMBER.test(line) || QUOTE.test(line);
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

/** Tried in this order at each position; anything else is text. Bounded lengths keep hostile input linear. */
const INLINE: readonly { readonly pattern: RegExp; readonly make: (match: RegExpExecArray) => Inline }[] = [
  { pattern: /`([^`\n]{1,2000})`/y, make: (match) => ({ type: "code", text: match[1] ?? "" }) },
  { pattern: /\*\*([^*\n]{1,2000})\*\*/y, make: (match) => ({ type: "strong", children: parseInline(match[1] ?? "") }) },
  { pattern: /\*([^*\s][^*\n]{0,2000})\*/y, make: (match) => ({ type: "emphasis", children: parseInline(match[1] ?? "") }) },
  {
    pattern: /(?<![\p{L}\p{N}_])__(?=\S)([^_\n]{1,2000})__(?![\p{L}\p{N}_])/uy,
    make: (match) => ({ type: "strong", children: parseInline(match[1] ?? "") }),
  },
  {
    pattern: /(?<![\p{L}\p{N}_])_(?=\S)([^_\n]{1,2000})_(?![\p{L}\p{N}_])/uy,
    make: (match) => ({ type: "emphasis", children: parseInline(match[1] ?? "") }),
  },
  { pattern: /!?\[([^\]\n]{1,500})\]\(([^)\s]{1,2000})\)/y, make: (match) => makeLink(match[1] ?? "", match[2] ?? "", match[0]) },
  { pattern: /https?:\/\/[^\s<>"')\]]{1,2000}/y, make: (match) => makeLink(match[0], match[0], match[0]) },
];

function makeLink(label: string, target: string, written: string): Inline {
  const href = safeExternalUrl(target);
  return href === null ? { type: "text", text: written } : { type: "link", href, children: [{ type: "text", text: label }] };
}

export function parseInline(source: string): Inline[] {
  const nodes: Inline[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") nodes.push({ type: "text", text });
    text = "";
  };
  for (let at = 0; at < source.length;) {
    const found = matchInline(source, at);
    if (!found) {
      text += source.charAt(at++);
      continue;
    }
    flush();
    nodes.push(found.node);
    at += found.length;
  }
  flush();
  return nodes;
}

function matchInline(source: string, at: number): { readonly node: Inline; readonly length: number } | null {
  if (!"`*_![h".includes(source.charAt(at))) return null;
  for (const { pattern, make } of INLINE) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match) return { node: make(match), length: match[0].length };
  }
  return null;
}
