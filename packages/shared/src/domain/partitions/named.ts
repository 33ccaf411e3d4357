/** Reads the partitions that a text names: keys, ranges, and the words `last` and `current`. */
import { ok, refuse, type Result } from "../errors.ts";
import { expandDimension, findDimension } from "./dimension.ts";
import {
  describeKeys,
  DIMENSION_SEPARATOR,
  keyAtInstant,
  latestKey,
  parsePartitionRange,
  type PartitionSet,
  RANGE_SEPARATOR,
} from "./partition-set.ts";
import { shortened } from "../shortened.ts";
import { intersection, type PartitionSubset, rangeSubset } from "./subset.ts";

/** The newest partition that exists; for time windows the last one that ended. */
export const LAST = "last";
/** The window that now lies in, which in most definitions does not exist yet. */
export const CURRENT = "current";

/**
 * One key. A key that is really called `last` or `current` wins over the word. `current` may name a window that has not ended:
 * a person who asks for it wants to run early.
 */
export function resolvePartitionKey(set: PartitionSet, text: string, now: number): Result<string> {
  if (set.numberOf(text) !== -1) return ok(text);
  const key = text === LAST ? latestKey(set) : text === CURRENT ? keyAtInstant(set, now) : null;
  if (key !== null) return ok(key);
  if (text === CURRENT && !set.time) {
    return refuse(
      "invalid_input",
      `"${CURRENT}" needs time partitions. Name a partition, or "${LAST}" for the newest. ${describeKeys(set)}`,
    );
  }
  return refuse("not_found", `There is no partition "${shortened(text)}". ${describeKeys(set)}`, { partition: shortened(text) });
}

/**
 * Keys and ranges separated by commas are not a language here: one key, one word or one range `first...last`. With several dimensions
 * a range applies to each of them: `2025-01-01|eu...2025-01-31|eu` is a month of one region.
 */
export function resolvePartitions(set: PartitionSet, text: string, now: number): Result<PartitionSubset> {
  const [first = "", last, ...rest] = text.split(RANGE_SEPARATOR);
  if (set.dimensions && last !== undefined && rest.length === 0) return resolveBox(set, { first, last, now });
  if (last === undefined || rest.length > 0) {
    const key = resolvePartitionKey(set, text, now);
    return key.ok ? parsePartitionRange(set, key.value) : key;
  }
  const from = resolvePartitionKey(set, first, now);
  if (!from.ok) return from;
  const to = resolvePartitionKey(set, last, now);
  return to.ok ? parsePartitionRange(set, `${from.value}...${to.value}`) : to;
}

function resolveBox(
  set: PartitionSet,
  { first, last, now }: { readonly first: string; readonly last: string; readonly now: number },
): Result<PartitionSubset> {
  const dimensions = set.dimensions ?? [];
  const [from, to] = [first, last].map((key) => key.split(DIMENSION_SEPARATOR));
  const wrong = [first, last].find((key) => key.split(DIMENSION_SEPARATOR).length !== dimensions.length);
  if (wrong !== undefined || !from || !to)
    return refuse("not_found", `There is no partition "${shortened(wrong ?? first)}". ${describeKeys(set)}`);
  let box = rangeSubset(0, set.count);
  for (const [index, { name, set: own }] of dimensions.entries()) {
    const part = resolvePartitions(own, `${from[index] ?? ""}${RANGE_SEPARATOR}${to[index] ?? ""}`, now);
    if (!part.ok) return refuse(part.error.code, `Dimension ${name}: ${part.error.message}`, part.error.details);
    const place = findDimension(set, name);
    if (place) box = intersection(box, expandDimension(place, part.value));
  }
  return ok(box);
}
