/** Values of DuckDB as values of JavaScript: what a number or a Date cannot hold comes as text. */
import type {
  DuckDBDateValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBType,
  DuckDBValue,
  DuckDBValueConverter,
  JS,
} from "@duckdb/node-api";
import { exactNumber } from "@headgate/shared/domain/value/exact-number.ts";
import type { DuckDbModule } from "./load-duckdb.ts";

const INFINITE_DAYS = 2_147_483_647;
/** The largest integer of 64 bits, which stands for infinity in every kind of timestamp. */
const INFINITE = 2n ** 63n - 1n;
/** How far a Date reaches from 1970. */
const MAX_DATE_DAYS = 100_000_000;
const MAX_DATE_MS = 8_640_000_000_000_000n;
const MS_PER_DAY = 86_400_000;

/** `rows` are the types of rows without names, whose fields were numbered so that none is lost. */
export function duckDbValues(duckdb: DuckDbModule, rows: ReadonlySet<DuckDBType>): DuckDBValueConverter<JS> {
  const { DuckDBTypeId: ids, JSDuckDBValueConverter: usual } = duckdb;
  const read: Readonly<Record<number, (value: DuckDBValue) => JS>> = {
    [ids.DECIMAL]: (value) => exactNumber(String(value)).value,
    // The bytes of the package begin with a count of unused bits.
    [ids.BIT]: String,
    [ids.DATE]: (value) => dateOf(value as DuckDBDateValue),
    [ids.TIMESTAMP]: (value) => timeOf(duckdb, { units: (value as DuckDBTimestampValue).micros, perMs: 1000n }),
    [ids.TIMESTAMP_TZ]: (value) => timeOf(duckdb, { units: (value as DuckDBTimestampTZValue).micros, perMs: 1000n, zone: "+00" }),
    [ids.TIMESTAMP_S]: (value) => timeOf(duckdb, { units: (value as DuckDBTimestampSecondsValue).seconds, msPer: 1000n }),
    [ids.TIMESTAMP_MS]: (value) => timeOf(duckdb, { units: (value as DuckDBTimestampMillisecondsValue).millis }),
    [ids.TIMESTAMP_NS]: (value) => timeOf(duckdb, { units: (value as DuckDBTimestampNanosecondsValue).nanos, perMs: 1_000_000n }),
  };
  return (value: DuckDBValue, type: DuckDBType, inner: DuckDBValueConverter<JS>): JS | null => {
    if (value === null) return null;
    if (rows.has(type)) return listOf(value as DuckDBStructValue, type as DuckDBStructType, inner);
    return read[type.typeId]?.(value) ?? usual(value, type, inner);
  };
}

function listOf(value: DuckDBStructValue, type: DuckDBStructType, inner: DuckDBValueConverter<JS>): JS {
  return type.entryTypes.map((entryType, index) => inner(value.entries[String(index)] ?? null, entryType, inner));
}

/** The package writes the infinities as days in millions of years. */
function dateOf(date: DuckDBDateValue): JS {
  if (Math.abs(date.days) === INFINITE_DAYS) return date.days > 0 ? "infinity" : "-infinity";
  return Math.abs(date.days) <= MAX_DATE_DAYS ? new Date(date.days * MS_PER_DAY) : String(date);
}

interface Instant {
  readonly units: bigint;
  readonly perMs?: bigint;
  readonly msPer?: bigint;
  readonly zone?: string;
}

/** A Date has whole milliseconds: the one that the instant lies in, also before 1970. */
function timeOf(duckdb: DuckDbModule, { units, perMs = 1n, msPer = 1n, zone = "" }: Instant): JS {
  if (units === INFINITE || units === -INFINITE) return units > 0n ? "infinity" : "-infinity";
  const ms = floorDivide(units * msPer, perMs);
  if (ms >= -MAX_DATE_MS && ms <= MAX_DATE_MS) return new Date(Number(ms));
  // The package would write an instant with the offset of the machine's zone.
  return `${String(new duckdb.DuckDBTimestampValue((units * msPer * 1000n) / perMs))}${zone}`;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
