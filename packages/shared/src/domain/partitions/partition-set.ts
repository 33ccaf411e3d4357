/**
 * The partitions that a definition has now. One view for every kind: partitions are numbered from 0 in their natural order, and keys,
 * windows, pages and ranges are found by number without listing all of them.
 */
import { assertNever } from "../assert.ts";
import { ok, refuse, type Result } from "../errors.ts";
import type {
  DynamicPartitions,
  MultiPartitions,
  PartitionsDefinition,
  StaticPartitions,
  TimeWindow,
  TimeWindowPartitions,
} from "./definition.ts";
import { rangeSubset, type PartitionSubset } from "./subset.ts";
import { openTimePartitions, type TimePartitions } from "./time-window.ts";
import { shortened } from "../shortened.ts";

export interface PartitionContext {
  readonly now: number;
  /** Keys of a dynamic set in the order in which they were added. */
  readonly dynamicKeys?: ((name: string) => readonly string[]) | undefined;
}

export interface PartitionSet {
  readonly definition: PartitionsDefinition;
  readonly count: number;
  /** Null outside `0 <= number < count`. */
  keyAt(number: number): string | null;
  /** -1 when there is no such partition now. */
  numberOf(key: string): number;
  /** The time window of a partition; of a multi-dimensional one that of its first time dimension. */
  windowOf(key: string): TimeWindow | null;
  /** The windows behind the numbers; only time partitions have them. */
  readonly time: TimePartitions | null;
  /** The dimensions in the order of their names; the last one varies fastest. Only multi-dimensional partitions have them. */
  readonly dimensions: readonly Dimension[] | null;
}

export interface Dimension {
  readonly name: string;
  readonly set: PartitionSet;
}

/** Between the first and the last key of a range: `2025-01-01...2025-01-31`. Therefore no key may contain it. */
export const RANGE_SEPARATOR = "...";
/** Between the keys of the dimensions. */
export const DIMENSION_SEPARATOR = "|";

export function openPartitions(definition: PartitionsDefinition, context: PartitionContext): Result<PartitionSet> {
  switch (definition.type) {
    case "time":
      return openTime(definition, context);
    case "static":
      return openListed(definition, definition.keys);
    case "dynamic":
      return openListed(definition, context.dynamicKeys?.(definition.name) ?? []);
    case "multi":
      return openMulti(definition, context);
    default:
      return assertNever(definition);
  }
}

/** `limit` keys from number `offset` on. */
export function pageOfKeys(set: PartitionSet, offset: number, limit: number): string[] {
  const keys: string[] = [];
  for (let number = Math.max(0, offset); number < Math.min(set.count, offset + limit); number++) {
    const key = set.keyAt(number);
    if (key !== null) keys.push(key);
  }
  return keys;
}

export function latestKey(set: PartitionSet): string | null {
  return set.keyAt(set.count - 1);
}

/** The key of the window that contains an instant, whether or not it has ended. Null for partitions without time. */
export function keyAtInstant(set: PartitionSet, instant: number): string | null {
  return set.time ? set.time.keyAt(set.time.indexAt(instant)) : null;
}

/** `key`, or `first...last`, both included. */
export function parsePartitionRange(set: PartitionSet, text: string): Result<PartitionSubset> {
  const [first = "", last = first, ...rest] = text.split(RANGE_SEPARATOR);
  const from = set.numberOf(first);
  const to = set.numberOf(last);
  const unknown = rest.length > 0 ? text : from === -1 ? first : to === -1 ? last : null;
  if (unknown !== null)
    return refuse("not_found", `There is no partition "${shortened(unknown)}". ${describeKeys(set)}`, { partition: shortened(unknown) });
  if (to < from) return refuse("invalid_input", `Partition range "${shortened(text)}" ends before it begins. Swap its two keys.`);
  return ok(rangeSubset(from, to + 1));
}

/** A sentence for errors: what keys there are. */
export function describeKeys(set: PartitionSet): string {
  if (set.count === 0) return "It has no partitions yet.";
  if (set.count <= 5)
    return `There are ${pageOfKeys(set, 0, 5)
      .map((key) => shortened(key))
      .join(", ")}.`;
  return `There are ${set.count}, from ${shortened(set.keyAt(0) ?? "")} to ${shortened(latestKey(set) ?? "")}.`;
}

/** Multi-dimensional keys: the key of each dimension by its name. */
export function splitKey(set: PartitionSet, key: string): Record<string, string> | null {
  if (!set.dimensions || set.numberOf(key) === -1) return null;
  const keys = key.split(DIMENSION_SEPARATOR);
  return Object.fromEntries(set.dimensions.map(({ name }, index) => [name, keys[index] ?? ""]));
}

function openTime(definition: TimeWindowPartitions, { now }: PartitionContext): Result<PartitionSet> {
  const opened = openTimePartitions(definition);
  if (!opened.ok) return opened;
  const time = opened.value;
  const count = time.countAt(now);
  const numberOf = (key: string) => {
    const number = time.indexOfKey(key);
    return number < count ? number : -1;
  };
  return ok({
    definition,
    count,
    keyAt: (number) => (number < count ? time.keyAt(number) : null),
    numberOf,
    // Also for windows that have not ended: a run may be asked for the current one.
    windowOf: (key) => time.windowAt(time.indexOfKey(key)),
    time,
    dimensions: null,
  });
}

function openListed(definition: StaticPartitions | DynamicPartitions, keys: readonly string[]): Result<PartitionSet> {
  const numbers = new Map<string, number>(keys.map((key, number) => [key, number]));
  const wrong = keys.find((key) => key.includes(RANGE_SEPARATOR));
  if (wrong !== undefined)
    return refuse(
      "invalid_input",
      `Partition key "${shortened(wrong)}" contains "${RANGE_SEPARATOR}", which separates the ends of a range. Rename it.`,
    );
  if (numbers.size < keys.length) {
    const twice = keys.find((key, number) => numbers.get(key) !== number);
    return refuse("invalid_input", `Partition key "${shortened(twice ?? "")}" is listed twice. Remove one.`);
  }
  return ok({
    definition,
    count: keys.length,
    keyAt: (number) => keys[number] ?? null,
    numberOf: (key) => numbers.get(key) ?? -1,
    windowOf: () => null,
    time: null,
    dimensions: null,
  });
}

function openMulti(definition: MultiPartitions, context: PartitionContext): Result<PartitionSet> {
  const dimensions: Dimension[] = [];
  for (const { name, partitions } of definition.dimensions.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const set = openPartitions(partitions, context);
    if (!set.ok) return set;
    const wrong = set.value.time ? undefined : pageOfKeys(set.value, 0, set.value.count).find((key) => key.includes(DIMENSION_SEPARATOR));
    if (wrong !== undefined)
      return refuse(
        "invalid_input",
        `Partition key "${shortened(wrong)}" of dimension "${shortened(name)}" contains "${DIMENSION_SEPARATOR}", which separates dimensions. Rename it.`,
      );
    dimensions.push({ name, set: set.value });
  }
  const names = new Set(dimensions.map(({ name }) => name));
  if (dimensions.length < 2 || names.size < dimensions.length)
    return refuse("invalid_input", "Multi-dimensional partitions need two or more dimensions with different names.");
  const count = dimensions.reduce((product, { set }) => product * set.count, 1);
  if (!Number.isSafeInteger(count))
    return refuse(
      "too_large",
      `Multi-dimensional partitions with ${count} combinations cannot be numbered. Use fewer or coarser dimensions.`,
    );
  const keyAt = (number: number) => {
    let rest = number;
    const keys: string[] = [];
    for (const { set } of dimensions.toReversed()) {
      const key = set.count === 0 ? null : set.keyAt(rest % set.count);
      if (key === null) return null;
      keys.unshift(key);
      rest = Math.floor(rest / set.count);
    }
    return rest === 0 ? keys.join(DIMENSION_SEPARATOR) : null;
  };
  const numberOf = (key: string) => {
    const keys = key.split(DIMENSION_SEPARATOR);
    if (keys.length !== dimensions.length) return -1;
    let number = 0;
    for (const [index, { set }] of dimensions.entries()) {
      const own = set.numberOf(keys[index] ?? "");
      if (own === -1) return -1;
      number = number * set.count + own;
    }
    return number;
  };
  const timed = dimensions.findIndex(({ set }) => set.time !== null);
  return ok({
    definition,
    count,
    keyAt: (number) => (number < 0 ? null : keyAt(number)),
    numberOf,
    windowOf: (key) => dimensions[timed]?.set.windowOf(key.split(DIMENSION_SEPARATOR)[timed] ?? "") ?? null,
    time: null,
    dimensions,
  });
}
