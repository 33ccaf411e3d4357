/** Finds the nodes that a key pattern or a plain word means. */
import type { AssetGraph } from "../asset-graph.ts";
import { nearestKeys, resolveAssetKey } from "../asset-key.ts";
import { ok, refuse, type Result } from "../errors.ts";
import { shortened } from "../shortened.ts";

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

export interface KeyWord {
  readonly pattern: string;
  readonly exact: boolean;
}

/** The nodes that a pattern with `*` matches. */
export function matchingNodes(graph: AssetGraph, { pattern, exact }: KeyWord): Uint8Array {
  const found = matching(graph, pattern);
  const dotted = !exact && !found.includes(1) && pattern.includes(".");
  return dotted ? matching(graph, pattern.replaceAll(".", "/")) : found;
}

/** The node that a key or word without `*` means; -1 when it is written as `key:` and there is none. */
export function resolveNode(graph: AssetGraph, { pattern, exact }: KeyWord): Result<number> {
  if (exact) return ok(graph.indexOf(pattern));
  const key = resolveAssetKey(pattern, (candidate) => graph.has(candidate));
  if (key !== null) return ok(graph.indexOf(key));
  const candidates = endingWith(graph, pattern);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return ok(graph.indexOf(only));
  const word = shortened(pattern);
  if (candidates.length > 1) {
    const some = candidates.slice(0, 5);
    return refuse(
      "invalid_selection",
      `"${word}" could be ${some.join(", ")}${candidates.length > some.length ? " or others" : ""}. Write the whole key.`,
      { word, nearest: some },
    );
  }
  const nearest = nearestKeys(pattern, graph.keys, 3);
  return refuse("invalid_selection", `There is no asset "${word}".${nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : ""}`, {
    word,
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
  const last = slashed.slice(slashed.lastIndexOf("/") + 1);
  return (byLastSegment(graph).get(last) ?? []).filter((key) => key.endsWith(plain) || key.endsWith(slashed));
}

const indexes = new WeakMap<AssetGraph, ReadonlyMap<string, readonly string[]>>();

/** The last piece of a key, dots counted as slashes -> keys. Made once for a graph, because a selection may have thousands of words. */
function byLastSegment(graph: AssetGraph): ReadonlyMap<string, readonly string[]> {
  const known = indexes.get(graph);
  if (known) return known;
  const made = Map.groupBy(graph.keys, (key) => key.slice(Math.max(key.lastIndexOf("/"), key.lastIndexOf(".")) + 1));
  indexes.set(graph, made);
  return made;
}
