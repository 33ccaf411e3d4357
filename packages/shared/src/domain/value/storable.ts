/**
 * Any value of JavaScript as JSON, without an error and without a silent loss: what JSON cannot hold becomes text. Metadata, log fields
 * and other things that user code reports go through it, because a report must never fail the work that it tells of.
 */
import type { Json } from "../json.ts";

/** Deeper values are replaced by a sentence: parsers on the way have limits of their own. */
const MAX_DEPTH = 100;
/** More entries cannot fit into any report, so they are only counted. */
const MAX_ENTRIES = 120_000;
const MAX_TEXT = 2_000_000;
const BOXED: ReadonlySet<string> = new Set(["[object Number]", "[object String]", "[object Boolean]"]);

/**
 * NaN and the infinities become their names, integers beyond 2^53 (bigints) their digits, Maps objects or lists of pairs, Sets lists, bytes
 * base64, other instances what their `toJSON` or `toString` says, functions and symbols their names. In objects `undefined` is left out.
 */
export function storable(value: unknown): Json {
  return new Walk().json(value, []);
}

class Walk {
  #left = MAX_ENTRIES;

  json(value: unknown, ancestors: readonly object[]): Json {
    this.#left--;
    switch (typeof value) {
      case "string":
        return value.length <= MAX_TEXT ? value : `${value.slice(0, MAX_TEXT)}… [${value.length - MAX_TEXT} characters left out]`;
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "bigint":
        return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
      case "undefined":
        return null;
      case "symbol":
        return value.toString();
      case "function":
        return `[function ${value.name}]`.replace(" ]", "]");
      case "object":
        return value === null ? null : this.#object(value, ancestors);
    }
  }

  #object(value: object, ancestors: readonly object[]): Json {
    if (ancestors.includes(value)) return "[refers to itself]";
    if (ancestors.length >= MAX_DEPTH) return `[nested deeper than ${MAX_DEPTH} levels]`;
    try {
      return this.#parts(value, [...ancestors, value]);
    } catch (error) {
      // Getters, proxies and toJSON run code of others.
      return `[unreadable: ${error instanceof Error ? error.message : String(error)}]`;
    }
  }

  #parts(value: object, inside: readonly object[]): Json {
    if (Array.isArray(value)) return this.#list(value, value.length, inside);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof Error) return errorText(value);
    if (value instanceof Map) return this.#map(value, inside);
    if (value instanceof Set) return this.#list(value, value.size, inside);
    if (value instanceof Uint8Array) return base64(value);
    if (value instanceof ArrayBuffer) return base64(new Uint8Array(value));
    if (ArrayBuffer.isView(value) && Symbol.iterator in value) return this.#list(value as unknown as Iterable<unknown>, Infinity, inside);
    if (BOXED.has(Object.prototype.toString.call(value))) return this.json(value.valueOf(), inside);
    if ("toJSON" in value && typeof value.toJSON === "function") return this.json((value.toJSON as () => unknown)(), inside);
    return this.#plain(value) ? this.#record(Object.entries(value), inside) : this.#instance(value, inside);
  }

  #plain(value: object): boolean {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype || !("toString" in value);
  }

  /** Values of other libraries (decimals, times of an engine) say best themselves what they are. */
  #instance(value: object, inside: readonly object[]): Json {
    if (typeof value.toString === "function" && value.toString !== Object.prototype.toString)
      return this.json(Reflect.apply(value.toString, value, []), inside);
    const entries = Object.entries(value);
    return entries.length > 0 ? this.#record(entries, inside) : `[${value.constructor?.name ?? "object"}]`;
  }

  #list(values: Iterable<unknown>, size: number, inside: readonly object[]): Json {
    const list: Json[] = [];
    for (const entry of values) {
      if (this.#left <= 0) {
        list.push(size === Infinity ? "… [the rest is left out]" : `… [${size - list.length} more entries]`);
        break;
      }
      list.push(this.json(entry, inside));
    }
    return list;
  }

  #map(value: ReadonlyMap<unknown, unknown>, inside: readonly object[]): Json {
    const entries = [...value];
    const named = entries.filter((entry): entry is [string, unknown] => typeof entry[0] === "string");
    return named.length === entries.length ? this.#record(named, inside) : this.#list(entries, entries.length, inside);
  }

  #record(entries: readonly (readonly [string, unknown])[], inside: readonly object[]): Json {
    const record: [string, Json][] = [];
    for (const [name, entry] of entries) {
      if (entry === undefined) continue;
      if (this.#left <= 0) {
        record.push(["…", `[${entries.length - record.length} more entries]`]);
        break;
      }
      record.push([name, this.json(entry, inside)]);
    }
    return Object.fromEntries(record);
  }
}

/** With its causes: `TypeError: no table (caused by Error: timed out)`. */
function errorText(error: Error, depth = 0): string {
  const cause = error.cause === undefined || depth > 4 ? "" : ` (caused by ${causeText(error.cause, depth)})`;
  return `${error.name}: ${error.message}${cause}`;
}

function causeText(cause: unknown, depth: number): string {
  return cause instanceof Error ? errorText(cause, depth + 1) : String(cause);
}

/** This runs where Node's Buffer is not. */
function base64(bytes: Uint8Array): string {
  const part = 0x8000;
  let binary = "";
  for (let at = 0; at < bytes.length && at < MAX_TEXT; at += part) binary += String.fromCodePoint(...bytes.subarray(at, at + part));
  return btoa(binary);
}
