/** Which nodes does a key pattern or a plain word mean? */
import type { AssetGraph } from "../asset-graph.ts";
import { nearestKeys, resolveAssetKey } from "../asset-key.ts";
import { ok, refuse, type Result } from "../errors.ts";

/** `*` matches any run of characters, `/` included; everything else matches itself. Linear in the text, unlike a regular expression. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

export function resolveWord(graph: AssetGraph, word: { readonly pattern: string; readonly exact: boolean }): Result<Uint8Array> {
  const { pattern, exact } = word;
  if (pattern.includes("*")) {
    const found = matching(graph, pattern);
    const dotted = !exact && !found.includes(1) && pattern.includes(".");
    return ok(dotted ? matching(graph, pattern.replaceAll(".", "/")) : found);
  }
  const set = new Uint8Array(graph.size);
  if (exact) {
    const node = graph.indexOf(pattern);
    if (node >= 0) set[node] = 1;
    return ok(set);
  }
  const key = resolveAssetKey(pattern, (candidate) => graph.has(candidate));
  const candidates = key === null ? endingWith(graph, pattern) : [key];
  if (candidates.length === 1) {
    set[graph.indexOf(candidates[0] ?? "")] = 1;
    return ok(set);
  }
  if (candidates.length > 1) {
    const some = candidates.slice(0, 5);
    return refuse(
      "invalid_selection",
      `"${pattern}" could be ${some.join(", ")}${candidates.length > some.length ? " or others" : ""}. Write the whole key.`,
      { word: pattern, nearest: some },
    );
  }
  const nearest = nearestKeys(pattern, graph.keys, 3);
  return refuse("invalid_selection", `There is no asset "${pattern}".${nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : ""}`, {
    word: pattern,
    nearest,
  });
}

function matching(graph: AssetGraph, pattern: string): Uint8Array {
  return Uint8Array.from(graph.keys, (key) => (matchesWildcard(pattern, key) ? 1 : 0));
}

/** `dim_customer` may stand for `silver/dim_customer`. */
function endingWith(graph: AssetGraph, word: string): string[] {
  const plain = `/${word}`;
  const slashed = `/${word.replaceAll(".", "/")}`;
  return graph.keys.filter((key) => key.endsWith(plain) || key.endsWith(slashed));
}
