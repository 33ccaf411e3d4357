/**
 * Asset keys: one or more segments of `[A-Za-z0-9_.-]` joined with `/`. This file also finds the key that a dotted name means, and the
 * keys that look like one that does not exist.
 */
import { ok, refuse, type Result } from "./errors.ts";

const KEY_PATTERN = /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/;
const MAX_KEY_LENGTH = 512;

export function parseAssetKey(text: string): Result<string> {
  if (text.length > MAX_KEY_LENGTH) {
    return refuse(
      "invalid_input",
      `Asset key "${text.slice(0, 40)}…" has ${text.length} characters; at most ${MAX_KEY_LENGTH} are allowed.`,
    );
  }
  if (KEY_PATTERN.test(text)) return ok(text);
  return refuse(
    "invalid_input",
    `"${text}" is not an asset key: write segments of letters, digits, "_", "." and "-" joined with "/", e.g. silver/dim_customer.`,
  );
}

/** A dot is legal inside a segment, so the text is tried as it is first and then as the `schema.table` spelling of a key. */
export function resolveAssetKey(text: string, has: (key: string) => boolean): string | null {
  if (has(text)) return text;
  const slashed = text.replaceAll(".", "/");
  return slashed !== text && has(slashed) ? slashed : null;
}

/** The keys a person who wrote `text` most likely meant, best first. Keys that share nothing with the text are left out. */
export function nearestKeys(text: string, keys: Iterable<string>, limit: number): string[] {
  const wanted = normalize(text);
  const lastOfWanted = lastSegment(wanted);
  const scored: { key: string; score: number }[] = [];
  // More than four edits are another word.
  const bound = Math.min(4, Math.max(2, Math.floor(wanted.length / 3)));
  for (const key of keys) {
    const candidate = normalize(key);
    const last = lastSegment(candidate);
    let score = Math.min(editDistance(wanted, candidate, bound), editDistance(lastOfWanted, last, bound) + 0.5);
    if (score > bound && wanted.length >= 3 && candidate.includes(wanted)) score = bound;
    if (score <= bound + 0.5) scored.push({ key, score });
  }
  scored.sort((a, b) => a.score - b.score || a.key.length - b.key.length || (a.key < b.key ? -1 : 1));
  return scored.slice(0, limit).map((entry) => entry.key);
}

function normalize(text: string): string {
  return text.toLowerCase().replaceAll(".", "/");
}

function lastSegment(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

/** Edits (insert, delete, replace, swap of neighbours) from `a` to `b`; anything above `bound` is reported as Infinity. */
function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) > bound) return Infinity;
  let start = 0;
  while (start < a.length && a.charCodeAt(start) === b.charCodeAt(start)) start++;
  let same = 0;
  while (same < Math.min(a.length, b.length) - start && a.charCodeAt(a.length - 1 - same) === b.charCodeAt(b.length - 1 - same)) same++;
  const [height, width] = [a.length - start - same, b.length - start - same];
  let beforePrevious = new Float64Array(width + 1);
  let previous = Float64Array.from({ length: width + 1 }, (_, index) => index);
  let row = new Float64Array(width + 1);
  for (let i = 1; i <= height; i++) {
    // Farther from the diagonal than the bound, everything costs more than the bound.
    const [from, to] = [Math.max(1, i - bound), Math.min(width, i + bound)];
    row.fill(Infinity);
    row[0] = i;
    let best = i;
    for (let j = from; j <= to; j++) {
      const [own, other] = [a.charCodeAt(start + i - 1), b.charCodeAt(start + j - 1)];
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (own === other ? 0 : 1));
      const isSwap = i > 1 && j > 1 && own === b.charCodeAt(start + j - 2) && a.charCodeAt(start + i - 2) === other;
      if (isSwap) cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
      row[j] = cost;
      best = Math.min(best, cost);
    }
    if (best > bound) return Infinity;
    [beforePrevious, previous, row] = [previous, row, beforePrevious];
  }
  const distance = previous[width] ?? Infinity;
  return distance > bound ? Infinity : distance;
}
