/** Finds instances that the stored format would keep as empty objects: what they hold is in private fields, such as that of a URL. */
import { types } from "node:util";

/** How many parts of a value are looked at, outer ones first, and how many of each: lists of rows are alike, and may be huge. */
const MAX_PARTS = 10_000;
const MAX_ENTRIES = 100;

/** The name of its class; null if there is none. */
export function emptiedInstance(value: unknown): string | null {
  const queue: unknown[] = [value];
  for (let at = 0; at < queue.length; at++) {
    const part = queue[at];
    if (typeof part !== "object" || part === null) continue;
    const inner = partsOf(part);
    if (inner === null) return part.constructor?.name || "a class without a name";
    queue.push(...inner.slice(0, MAX_PARTS - queue.length));
  }
  return null;
}

/** Null: the instance would be empty. */
function partsOf(value: object): readonly unknown[] | null {
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES);
  if (value instanceof Map) return [...firstOf(value.keys()), ...firstOf(value.values())];
  if (value instanceof Set) return firstOf(value.values());
  if (isKeptWhole(value)) return [];
  const names = Object.keys(value).slice(0, MAX_ENTRIES);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (names.length === 0 && prototype !== null && !isPlain(value)) return null;
  return names.map((name) => Object.getOwnPropertyDescriptor(value, name)?.value as unknown);
}

/** Also of objects that another realm made. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(Object.getPrototypeOf(value)) === null;
}

/** What the format keeps by itself. What it refuses does not come here. */
function isKeptWhole(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    value instanceof DOMException ||
    types.isBoxedPrimitive(value)
  );
}

function firstOf(values: Iterable<unknown>): unknown[] {
  const first: unknown[] = [];
  for (const value of values) {
    if (first.length === MAX_ENTRIES) break;
    first.push(value);
  }
  return first;
}
