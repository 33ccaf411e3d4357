/** Parses the Markdown inside of a line into plain data. */
import { safeExternalUrl } from "#lib/paths.ts";

export type Inline =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "strong"; readonly children: readonly Inline[] }
  | { readonly type: "emphasis"; readonly children: readonly Inline[] }
  | { readonly type: "link"; readonly href: string; readonly children: readonly Inline[] };

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
