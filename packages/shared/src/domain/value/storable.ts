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
/** Causes of causes, and parts of one error, that are told. */
const MAX_ERRORS = 5;
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
      return unreadable(error);
    }
  }

  #parts(value: object, inside: readonly object[]): Json {
    if (Array.isArray(value)) return this.#list(value, value.length, inside);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof Error) return errorText(value);
    if (value instanceof Map) return this.#map(value, inside);
    if (value instanceof Set) return this.#list(value, value.size, inside);
    if (value instanceof Uint8Array) return base64(value);
    if (value instanceof ArrayBuffer || isShared(value)) return base64(new Uint8Array(value));
    if (value instanceof DataView) return base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (ArrayBuffer.isView(value)) return this.#list(value as unknown as Iterable<unknown>, Infinity, inside);
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
    return entries.length > 0 ? this.#record(entries, inside) : `[${nameOf(value)}]`;
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

/** What stands for a value whose getter, proxy or `toJSON` threw: they run code of others. */
export function unreadable(error: unknown): string {
  return `[unreadable: ${thrownText(error)}]`;
}

/** With its causes and parts: `TypeError: no table (caused by Error: timed out)`, `AggregateError: all failed (Error: a; Error: b)`. */
function errorText(error: Error, outer: readonly unknown[] = []): string {
  const around = [...outer, error];
  const more = (other: unknown): string =>
    around.includes(other) ? "[refers to itself]" : other instanceof Error ? errorText(other, around) : thrownText(other);
  const parts = error instanceof AggregateError ? error.errors.slice(0, MAX_ERRORS).map(more) : [];
  const left = error instanceof AggregateError ? error.errors.length - parts.length : 0;
  const notes = [
    ...(parts.length > 0 ? [[...parts, ...(left > 0 ? [`${left} more`] : [])].join("; ")] : []),
    ...(error.cause === undefined || around.length > MAX_ERRORS ? [] : [`caused by ${more(error.cause)}`]),
  ];
  return [error.message === "" ? error.name : `${error.name}: ${error.message}`, ...notes.map((note) => `(${note})`)].join(" ");
}

/** Anything can be thrown, also what cannot be read in its turn. */
function thrownText(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return thrown.message;
    return typeof thrown === "object" && thrown !== null ? JSON.stringify(thrown) : String(thrown);
  } catch {
    return "what it threw cannot be read either";
  }
}

function isShared(value: object): value is SharedArrayBuffer {
  return Object.prototype.toString.call(value) === "[object SharedArrayBuffer]";
}

/** `[object Generator]` is one whose constructor has no name. */
function nameOf(value: object): string {
  return value.constructor?.name || Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** This runs where Node's Buffer is not. */
function base64(bytes: Uint8Array): string {
  const part = 0x8000;
  let binary = "";
  for (let at = 0; at < bytes.length && at < MAX_TEXT; at += part) binary += String.fromCodePoint(...bytes.subarray(at, at + part));
  return btoa(binary);
}
