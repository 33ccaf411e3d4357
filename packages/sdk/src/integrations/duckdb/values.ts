/** Values of DuckDB as values of JavaScript: what a number or a Date cannot hold comes as text. */
import type { DuckDBDateValue, DuckDBType, DuckDBValue, DuckDBValueConverter, JS } from "@duckdb/node-api";
import { exactNumber } from "@headgate/shared/domain/value/exact-number.ts";
import type { DuckDbModule } from "./load-duckdb.ts";

const INFINITE_DAYS = 2_147_483_647;

export function duckDbValues(duckdb: DuckDbModule): DuckDBValueConverter<JS> {
  const { DuckDBTypeId: ids, JSDuckDBValueConverter: usual } = duckdb;
  const dates: ReadonlySet<number> = new Set([
    ids.DATE,
    ids.TIMESTAMP,
    ids.TIMESTAMP_S,
    ids.TIMESTAMP_MS,
    ids.TIMESTAMP_NS,
    ids.TIMESTAMP_TZ,
  ]);
  return (value: DuckDBValue, type: DuckDBType, inner: DuckDBValueConverter<JS>): JS | null => {
    if (value === null) return null;
    if (type.typeId === ids.DECIMAL) return exactNumber(String(value)).value;
    if (!dates.has(type.typeId)) return usual(value, type, inner);
    try {
      return usual(value, type, inner);
    } catch {
      // Infinity, or a year that a Date does not reach.
      return type.typeId === ids.DATE ? dateText(value as DuckDBDateValue) : String(value);
    }
  };
}

/** The package writes the infinities as days in millions of years. */
function dateText(date: DuckDBDateValue): string {
  if (Math.abs(date.days) === INFINITE_DAYS) return date.days > 0 ? "infinity" : "-infinity";
  return String(date);
}
