/** The rows of one query as something to iterate over: typed, one page in memory at a time. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import { rowDecoder, type BigintMode, type TrinoColumn } from "./decode.ts";
import type { TrinoStats } from "./progress.ts";
import type { Statement } from "./statement.ts";
import { connectionError } from "./trino-error.ts";

/** Rows of a query, fetched while you iterate. Leaving the loop early cancels the query. */
export interface TrinoRows<T> extends AsyncIterable<T> {
  /** Null until Trino has taken the query, which happens when the iteration begins. */
  readonly queryId: string | null;
  /** Null until Trino has planned the query; there for an empty result, too. */
  readonly columns: readonly TrinoColumn[] | null;
  /** How far the query was at the last answer. */
  readonly stats: TrinoStats | null;
  /** The same rows, page by page as Trino sends them; an empty result has none. */
  pages(): AsyncIterable<readonly T[]>;
}

export function rowsOf<T>(statement: Statement, bigints: BigintMode): TrinoRows<T> {
  let isTaken = false;
  const pages = async function* (): AsyncGenerator<readonly T[], void, undefined> {
    if (isTaken) throw new AppError("user_code", "The rows of a Trino query can be iterated once. Keep them with `all`, or query again.");
    isTaken = true;
    let decode: ((row: unknown) => Record<string, unknown>) | undefined;
    for await (const page of statement.pages()) {
      decode ??= rowDecoder(page.columns, bigints);
      yield page.rows.map(decode) as unknown as T[];
    }
  };
  return {
    get queryId() {
      return statement.queryId;
    },
    get columns() {
      return statement.columns?.map(({ name, type }) => ({ name, type })) ?? null;
    },
    get stats() {
      return statement.stats;
    },
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const page of pages()) yield* page;
    },
  };
}

export async function allRows<T>(rows: TrinoRows<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of rows.pages()) for (const row of page) all.push(row);
  return all;
}

export async function onlyRow<T>(rows: TrinoRows<T>, sql: string): Promise<T> {
  const found: T[] = [];
  for await (const row of rows) {
    found.push(row);
    if (found.length > 1) break;
  }
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const count = first === undefined ? "none" : "more than one";
  throw connectionError("BAD_RESULT", `Expected exactly one row, got ${count}, of: ${sql.trim().slice(0, 500)}`, { queryId: rows.queryId });
}

export async function onlyValue<T>(rows: TrinoRows<Record<string, unknown>>, sql: string): Promise<T> {
  const row = await onlyRow(rows, sql);
  const [value, ...others] = Object.values(row);
  if (others.length === 0) return value as T;
  throw connectionError("BAD_RESULT", `Expected exactly one column, got ${others.length + 1}, of: ${sql.trim().slice(0, 500)}`, {
    queryId: rows.queryId,
  });
}
