/** Entry point `@headgate/sdk/duckdb`: a DuckDB file as a resource. Needs the package `@duckdb/node-api` in the user's project. */
import { isAbsolute, join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { TableColumn } from "@headgate/shared/domain/metadata.ts";
import { defineResource, type Resource } from "../../definitions/resource.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { DuckDbFile } from "./connection.ts";
import type { DuckDbParam, DuckDbParams } from "./parameters.ts";

export type { DuckDbParam, DuckDbParams };

/** Rows, columns and size of a table or view. */
export interface DuckDbTable {
  /** Number of rows. */
  readonly rowCount: number;
  /** Columns in their order. */
  readonly columns: readonly TableColumn[];
}

/**
 * What `resources.duckdb` is in `run`. Integers come as numbers where that is exact, else as bigint; decimals as numbers where that is exact,
 * else as text; dates and timestamps as Date with whole milliseconds, or as text where a Date does not reach them (`infinity`). TIME comes as
 * microseconds since midnight, TIMETZ as `{ micros, offset }` with the offset in seconds, INTERVAL as `{ months, days, micros }`, MAP as a list
 * of `{ key, value }`, UNION as `{ tag, value }`, a row without names as a list, BIT as text, BLOB as bytes. A column name that comes twice
 * gets a number: `id`, `id_2`.
 */
export interface DuckDb {
  /** Absolute path of the file. */
  readonly path: string;
  /** All rows. */
  query<T extends object = Record<string, unknown>>(sql: string, params?: DuckDbParams): Promise<T[]>;
  /** The only row. Throws `AppError` when there is none or more than one. */
  one<T extends object = Record<string, unknown>>(sql: string, params?: DuckDbParams): Promise<T>;
  /** The only column of the only row. Throws `AppError` when there is more than one column or not one row. */
  scalar<T = unknown>(sql: string, params?: DuckDbParams): Promise<T>;
  /** Runs a statement and ignores its result. */
  execute(sql: string, params?: DuckDbParams): Promise<void>;
  /** Row count and columns of a table or view: `table("gold.fct_orders")`. */
  table(name: string): Promise<DuckDbTable>;
}

/** Options of `duckdbResource`. */
export interface DuckDbOptions<K extends string = string> {
  /** Relative to the storage folder, which is kept between runs; `:memory:` for none. */
  readonly path: string;
  /** Default `duckdb`. */
  readonly key?: K | undefined;
  /** True: opens the file without the right to write. Default false. */
  readonly readOnly?: boolean | undefined;
}

const DUCKDB: OptionRules<DuckDbOptions> = { path: "text", key: "text", readOnly: "boolean" };

/**
 * A DuckDB file. It is opened at the first query and closed after the step. Only one step has it at a time; the others wait and log for which step.
 *
 * @example
 * export const duckdb = duckdbResource({ path: "lakehouse.duckdb" });
 * // in an asset with `requires: [duckdb]`:
 * const rows = await resources.duckdb.scalar<number>("select count(*) from gold.fct_orders where order_day = ?", [partition.key]);
 */
export function duckdbResource<const K extends string = "duckdb">(options: DuckDbOptions<K>): Resource<K, DuckDb> {
  checkOptions(options, DUCKDB, { call: "duckdbResource", definer: duckdbResource, what: "Resource", needs: ["path"] });
  return defineResource({
    key: (options.key ?? "duckdb") as K,
    kind: "duckdb",
    setup: ({ folders, log, signal, step }) => {
      const path = options.path === ":memory:" || isAbsolute(options.path) ? options.path : join(folders.storage, options.path);
      const file = new DuckDbFile({
        path,
        readOnly: options.readOnly ?? false,
        root: folders.root,
        owner: folders.scratch,
        holder: step === undefined ? "a sensor or schedule" : `step ${step}`,
        log,
        signal,
      });
      return Object.assign(
        clientOf(path, (sql, params) => file.rows(sql, params)),
        { [closing]: () => file.close() },
      );
    },
    teardown: (client) => (client as { [closing]?: () => Promise<void> })[closing]?.(),
  });
}

const closing = Symbol("close");

type Rows = (sql: string, params: DuckDbParams) => Promise<Record<string, unknown>[]>;

function clientOf(path: string, rows: Rows): DuckDb {
  const one = async (sql: string, params: DuckDbParams): Promise<Record<string, unknown>> => {
    const [first, ...others] = await rows(sql, params);
    if (!first || others.length > 0)
      throw new AppError("user_code", `Expected exactly one row, got ${first ? others.length + 1 : 0}, of: ${sql.trim().slice(0, 500)}`);
    return first;
  };
  const scalar = async (sql: string, params: DuckDbParams): Promise<unknown> => {
    const [value, ...others] = Object.values(await one(sql, params));
    if (others.length > 0)
      throw new AppError("user_code", `Expected exactly one column, got ${others.length + 1}, of: ${sql.trim().slice(0, 500)}`);
    return value;
  };
  return {
    path,
    query: async <T extends object>(sql: string, params: DuckDbParams = []) => (await rows(sql, params)) as T[],
    one: async <T extends object>(sql: string, params: DuckDbParams = []) => (await one(sql, params)) as T,
    scalar: async <T>(sql: string, params: DuckDbParams = []) => (await scalar(sql, params)) as T,
    execute: async (sql, params = []) => void (await rows(sql, params)),
    table: async (name) => {
      const relation = name
        .split(".")
        .map((part) => `"${part.replaceAll('"', '""')}"`)
        .join(".");
      const described = await rows(`describe ${relation}`, []);
      const columns = described.map((column) => ({
        name: String(column["column_name"]),
        type: String(column["column_type"]),
        nullable: column["null"] === "YES",
      }));
      return { rowCount: Number(await scalar(`select count(*) from ${relation}`, [])), columns };
    },
  };
}
