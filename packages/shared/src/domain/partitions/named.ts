/** Which partitions does a person's text mean? Keys, ranges, and the words `last` and `current`. */
import { ok, refuse, type Result } from "../errors.ts";
import { describeKeys, keyAtInstant, latestKey, parsePartitionRange, type PartitionSet } from "./partition-set.ts";
import { shortened } from "../shortened.ts";

/** The newest partition that exists; for time windows the last one that ended. */
export const LAST = "last";
/** The window that now lies in, which in most definitions does not exist yet. */
export const CURRENT = "current";

/**
 * One key. A key that is really called `last` or `current` wins over the word. `current` may name a window that has not ended: whoever
 * asks for it wants to run early.
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

/** Keys and ranges separated by commas are not a language here: one key, one word or one range `first...last`. */
export function resolvePartitions(set: PartitionSet, text: string, now: number): Result<readonly number[]> {
  const [first = "", last, ...rest] = text.split("...");
  if (last === undefined || rest.length > 0) {
    const key = resolvePartitionKey(set, text, now);
    return key.ok ? parsePartitionRange(set, key.value) : key;
  }
  const from = resolvePartitionKey(set, first, now);
  if (!from.ok) return from;
  const to = resolvePartitionKey(set, last, now);
  return to.ok ? parsePartitionRange(set, `${from.value}...${to.value}`) : to;
}
