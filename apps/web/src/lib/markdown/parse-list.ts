/** Parses lists of Markdown and the lists inside of their items. */
import { type Inline, parseInline } from "./parse-inline.ts";

export interface ListItem {
  readonly children: readonly Inline[];
  readonly lists: readonly List[];
}

export interface List {
  readonly type: "list";
  readonly ordered: boolean;
  readonly items: readonly ListItem[];
}

const ITEM = /^(\s*)(?:[-*+]|(\d+)[.)])\s+(.*)$/;
/** Deeper items stand at this depth, so that no description can exhaust the stack. */
const MAX_DEPTH = 6;

interface Item {
  readonly indent: number;
  readonly ordered: boolean;
  readonly text: string;
}

function itemOf(line: string): Item | null {
  const match = ITEM.exec(line);
  if (!match) return null;
  const [, space = "", number, text = ""] = match;
  return { indent: space.replaceAll("\t", "    ").length, ordered: number !== undefined, text };
}

export function startsItem(line: string): boolean {
  return ITEM.test(line);
}

/** The list that begins at a line for which `startsItem` is true, and the line after it. */
export function parseList(lines: readonly string[], start: number, depth = 1): { readonly list: List; readonly next: number } {
  const first = itemOf(lines[start] ?? "") ?? { indent: 0, ordered: false };
  const items: { text: string; lists: List[] }[] = [];
  let at = start;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const item = itemOf(line);
    const last = items.at(-1);
    if (!item) {
      // An indented line goes on with the text of its item.
      if (!last || last.lists.length > 0 || !/^\s+\S/.test(line)) break;
      last.text += ` ${line.trim()}`;
      at++;
    } else if (item.indent < first.indent) break;
    else if (last && item.indent > first.indent + 1 && depth < MAX_DEPTH) {
      const inner = parseList(lines, at, depth + 1);
      last.lists.push(inner.list);
      at = inner.next;
    } else if (item.ordered !== first.ordered) break;
    else {
      items.push({ text: item.text, lists: [] });
      at++;
    }
  }
  const read = items.map(({ text, lists }) => ({ children: parseInline(text), lists }));
  return { list: { type: "list", ordered: first.ordered, items: read }, next: at };
}
