/** How parameters get into a statement: as literals of `EXECUTE IMMEDIATE ... USING`, so that Trino plans them as prepared parameters. */
import { AppError } from "@headgate/shared/domain/errors.ts";

/** A value for `?`. A `Date` becomes a timestamp in UTC without a zone, an array an `ARRAY`, bytes a `varbinary`. */
export type TrinoParam = string | number | bigint | boolean | null | Date | Uint8Array | readonly TrinoParam[];

const PREFIX = "EXECUTE IMMEDIATE '";
const MAX_INT64 = 9_223_372_036_854_775_807n;
/** Trino refuses longer ones (query.max-length) with a message that does not name the statement. */
export const MAX_SQL_LENGTH = 1_000_000;

export interface PreparedText {
  readonly text: string;
  /** Turns a column of line 1 of `text` into the column of the user's own SQL. */
  readonly offset: number;
}

export function prepareText(sql: string, params: readonly TrinoParam[]): PreparedText {
  // One statement, and no end mark: Trino takes neither more nor the mark.
  const statement = sql.replace(/[\s;]+$/, "");
  const prepared =
    params.length === 0
      ? { text: statement, offset: 0 }
      : {
          text: `${PREFIX}${statement.replaceAll("'", "''")}' USING ${params.map((param) => toLiteral(param)).join(", ")}`,
          offset: PREFIX.length,
        };
  if (statement === "") throw new AppError("user_code", "An empty statement was given to Trino: pass SQL.");
  if (prepared.text.length > MAX_SQL_LENGTH)
    throw new AppError(
      "user_code",
      `The statement with its parameters has ${prepared.text.length} characters; Trino takes ${MAX_SQL_LENGTH}. Write large data to a table and join it.`,
    );
  return prepared;
}

/** SQL text of a value. */
export function toLiteral(value: TrinoParam): string {
  switch (typeof value) {
    case "string":
      return `'${value.replaceAll("'", "''")}'`;
    case "boolean":
      return String(value);
    case "bigint":
      return bigintLiteral(value);
    case "number":
      return numberLiteral(value);
    default:
      return objectLiteral(value);
  }
}

/** Quotes an identifier: `"a""b"`. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function objectLiteral(value: null | Date | Uint8Array | readonly TrinoParam[]): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString("hex")}'`;
  if (Array.isArray(value)) return `ARRAY[${value.map((entry) => toLiteral(entry as TrinoParam)).join(", ")}]`;
  if (!(value instanceof Date) || Number.isNaN(value.getTime()))
    throw new AppError(
      "user_code",
      `A statement parameter is ${value instanceof Date ? "an invalid Date" : "an object"}; pass text, numbers, Dates, bytes or arrays of them.`,
    );
  return `TIMESTAMP '${value.toISOString().replace("T", " ").replace("Z", "")}'`;
}

function numberLiteral(value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  if (Number.isNaN(value)) return "nan()";
  if (!Number.isFinite(value)) return value > 0 ? "infinity()" : "-infinity()";
  if (value === 0) return "-0E0";
  // Without an exponent Trino would read a decimal.
  return value.toExponential().toUpperCase();
}

function bigintLiteral(value: bigint): string {
  if (value <= MAX_INT64 && value >= -MAX_INT64) return `BIGINT '${value}'`;
  if (value.toString().replace("-", "").length <= 38) return `DECIMAL '${value}'`;
  throw new AppError("user_code", `The parameter ${value} has more digits than Trino's decimals: 38. Pass it as text.`);
}
