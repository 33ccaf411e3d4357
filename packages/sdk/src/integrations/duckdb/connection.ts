/** A connection to one DuckDB file: opened at the first query under the file's lock, closed when the step ends or another part of it needs the file. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Logger } from "../../values/log.ts";
import { lockDatabase, type FileLock } from "./file-lock.ts";
import { uniqueNames } from "../unique-names.ts";
import { loadDuckDb } from "./load-duckdb.ts";
import { bindable, type DuckDbParams } from "./parameters.ts";
import { numberFields } from "./unnamed-rows.ts";
import { duckDbValues } from "./values.ts";

export interface ConnectionOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly root: string;
  readonly owner: string;
  readonly holder: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Open {
  readonly connection: DuckDBConnection;
  readonly instance: DuckDBInstance;
  readonly lock: FileLock | null;
}

const INTERRUPT_AGAIN_MS = 50;

export class DuckDbFile {
  readonly #options: ConnectionOptions;
  #open: Open | undefined;
  /** Queries of one connection run one after the other, and lending waits for the last of them. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  rows(sql: string, params: DuckDbParams): Promise<Record<string, unknown>[]> {
    return this.#queue(async () => {
      const { signal, root } = this.#options;
      signal.throwIfAborted();
      const { connection } = await this.#connect();
      const duckdb = await loadDuckDb(root);
      const { values, types } = bindable(duckdb, params);
      try {
        const result = await interruptible(connection, signal, () => connection.run(sql, values, types));
        const names = uniqueNames(result.columnNames());
        const chunks = await result.fetchAllChunks();
        const rows = chunks.flatMap((chunk) => chunk.convertRows(duckDbValues(duckdb, numberFields(duckdb, chunk))));
        return rows.map((row) => Object.fromEntries(names.map((name, column) => [name, safeNumbers(row[column])])));
      } catch (error) {
        signal.throwIfAborted();
        const reason = error instanceof Error ? error.message.trim() : String(error);
        throw new AppError("user_code", `${reason}\nin: ${sql.trim().slice(0, 2000)}`, { cause: error });
      }
    });
  }

  close(): Promise<void> {
    return this.#queue(async () => {
      const open = this.#open;
      this.#open = undefined;
      if (!open) return;
      open.connection.closeSync();
      open.instance.closeSync();
      open.lock?.release();
    });
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #connect(): Promise<Open> {
    if (this.#open) return this.#open;
    const { path, readOnly, root } = this.#options;
    const duckdb = await loadDuckDb(root);
    const isFile = path !== ":memory:";
    if (isFile && !readOnly) mkdirSync(dirname(path), { recursive: true });
    const lock = isFile ? await lockDatabase({ ...this.#options, lend: () => this.close() }) : null;
    try {
      const instance = await duckdb.DuckDBInstance.create(path, readOnly ? { access_mode: "READ_ONLY" } : {});
      const connection = await instance.connect();
      // A Date is bound without a zone, so any other zone of the session would shift it.
      await connection.run("SET TimeZone = 'UTC'");
      this.#open = { instance, connection, lock };
      return this.#open;
    } catch (error) {
      lock?.release();
      const reason = error instanceof Error ? error.message.trim() : String(error);
      const advice = reason.includes("Could not set lock") ? " Another program has it open: close it and run again." : "";
      throw new AppError("user_code", `The DuckDB file ${path} cannot be opened: ${reason}.${advice}`, { cause: error });
    }
  }
}

/** An interrupt only reaches a query that has begun to run, so it is repeated until the query is over. */
async function interruptible<T>(connection: DuckDBConnection, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), INTERRUPT_AGAIN_MS);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", stop);
    clearInterval(timer);
  }
}

/** `count(*)` is a BIGINT: a number wherever that loses nothing. */
function safeNumbers(value: unknown): unknown {
  if (typeof value === "bigint")
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(safeNumbers);
  if (value === null || typeof value !== "object" || value instanceof Date || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, safeNumbers(entry)]));
}
