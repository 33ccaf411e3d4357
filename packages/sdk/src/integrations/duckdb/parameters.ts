/** Values of JavaScript as parameters of a statement. The package would change some of them silently, or refuse them without a name. */
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { DuckDbModule } from "./load-duckdb.ts";

/** A value that a `?` of a statement stands for. */
export type DuckDbParam = string | number | bigint | boolean | null | Date | Uint8Array;
/** Values for `?` or `$1` in order, or for `$name` by name. */
export type DuckDbParams = readonly DuckDbParam[] | Readonly<Record<string, DuckDbParam>>;

/** A type that is undefined is guessed by the package. */
export interface Bound {
  readonly values: DuckDBValue[] | Record<string, DuckDBValue>;
  readonly types: DuckDBType[] | Record<string, DuckDBType>;
}

const BEYOND_INT64 = 2 ** 63;
const BEYOND_HUGEINT = 2n ** 127n;

export function bindable(duckdb: DuckDbModule, params: DuckDbParams): Bound {
  const entries = Object.entries(params).map(([name, value]) => ({
    name,
    value: valueOf(duckdb, value, isList(params) ? String(Number(name) + 1) : `$${name}`),
    type: typeof value === "number" && isDouble(value) ? duckdb.DOUBLE : undefined,
  }));
  if (isList(params)) return { values: entries.map(({ value }) => value), types: entries.map(({ type }) => type as DuckDBType) };
  return {
    values: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    types: Object.fromEntries(entries.flatMap(({ name, type }) => (type ? [[name, type]] : []))),
  };
}

function valueOf(duckdb: DuckDbModule, value: DuckDbParam, place: string): DuckDBValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "bigint":
      if (value < BEYOND_HUGEINT && value >= -BEYOND_HUGEINT) return value;
      throw wrong(place, `the integer ${value}, which is beyond HUGEINT. Pass it as text and cast it in the statement.`);
    case "object":
      if (value === null) return value;
      if (value instanceof Uint8Array) return new duckdb.DuckDBBlobValue(value);
      if (value instanceof Date && !Number.isNaN(value.getTime())) return new duckdb.DuckDBTimestampValue(BigInt(value.getTime()) * 1000n);
      throw wrong(place, `${value instanceof Date ? "an invalid Date" : "an object"}. ${ALLOWED}`);
    default:
      throw wrong(place, `${value === undefined ? "undefined" : `a ${typeof value}`}. ${ALLOWED}`);
  }
}

const ALLOWED = "Pass text, numbers, bigints, booleans, Dates, bytes (Uint8Array), or null for no value.";

/** Whole numbers would be bound as integers, which have neither this size nor a minus before zero. */
function isDouble(value: number): boolean {
  return Math.abs(value) >= BEYOND_INT64 || Object.is(value, -0);
}

function wrong(place: string, what: string): AppError {
  return new AppError("user_code", `Parameter ${place} of the statement is ${what}`);
}

function isList(params: DuckDbParams): params is readonly DuckDbParam[] {
  return Array.isArray(params);
}
