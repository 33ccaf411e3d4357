/** What `resources.trino` is: statements in the name of one step, each with a session of its own. */
import { type Duration, millisecondsOf } from "../../options/duration.ts";
import type { Logger } from "../../values/log.ts";
import type { BigintMode } from "./decode.ts";
import { timesOf } from "./old-names.ts";
import { prepareText, type TrinoParam } from "./parameters.ts";
import type { TrinoStats } from "./progress.ts";
import { allRows, onlyRow, onlyValue, rowsOf, type TrinoRows } from "./rows.ts";
import { applyAnswer, EMPTY_SESSION, headerText, sessionHeaders, type SessionProperties, type SessionState } from "./session-state.ts";
import { Statement } from "./statement.ts";
import type { TrinoTransport } from "./transport.ts";

/** Settings of one statement. */
export interface TrinoQueryOptions {
  /** Catalog of names without one. Default: that of the resource. */
  readonly catalog?: string | undefined;
  /** Schema of names without one. Default: that of the resource. */
  readonly schema?: string | undefined;
  /** Added to the resource's own, for this statement only. */
  readonly session?: SessionProperties | undefined;
  /** Added to the tags of run, step and asset. */
  readonly tags?: readonly string[] | undefined;
  /** Time limit of the statement, the time of its consumer included; then it is cancelled and fails. Default: that of the resource. */
  readonly deadline?: Duration | undefined;
  /**
   * The deadline in seconds.
   *
   * @deprecated Use `deadline`.
   */
  readonly deadlineSeconds?: number | undefined;
  /** Aborting it cancels the statement; so does the end of the step. */
  readonly signal?: AbortSignal | undefined;
  /** What a `bigint` becomes. Default: as the resource says. */
  readonly bigints?: BigintMode | undefined;
  /** Level of the statement's own lines in the log. */
  readonly log?: "info" | "debug" | undefined;
}

/** What came of a statement that was executed. */
export interface TrinoExecution {
  /** Trino's id of the query. */
  readonly queryId: string;
  /** `INSERT`, `CREATE TABLE`, `DELETE`, ...; null for a query. */
  readonly updateType: string | null;
  /** Rows written or deleted; null where Trino counts none. */
  readonly updateCount: number | null;
  /** What the query cost. */
  readonly stats: TrinoStats;
}

type Row = Record<string, unknown>;

/**
 * Trino, as assets use it. `?` in the SQL takes the parameters in order. Text, decimals, dates, times and timestamps come as text with
 * every digit, `varbinary` as bytes, arrays as arrays, maps and rows with named fields as objects.
 */
export interface Trino {
  /** Address of the server. */
  readonly url: string;
  /** Rows while they come. Nothing is sent before the iteration begins; leaving the loop cancels the query. */
  query<T extends object = Row>(sql: string, params?: readonly TrinoParam[], options?: TrinoQueryOptions): TrinoRows<T>;
  /** All rows. */
  all<T extends object = Row>(sql: string, params?: readonly TrinoParam[], options?: TrinoQueryOptions): Promise<T[]>;
  /** The only row; an error when there is none or more than one. */
  one<T extends object = Row>(sql: string, params?: readonly TrinoParam[], options?: TrinoQueryOptions): Promise<T>;
  /** The only column of the only row. */
  scalar<T = unknown>(sql: string, params?: readonly TrinoParam[], options?: TrinoQueryOptions): Promise<T>;
  /** A statement to its end; rows, if it has any, are dropped. */
  execute(sql: string, params?: readonly TrinoParam[], options?: TrinoQueryOptions): Promise<TrinoExecution>;
  /**
   * A session of its own, in which `SET SESSION`, `USE`, `PREPARE`, `SET ROLE` and `START TRANSACTION` last for the statements that follow.
   * Elsewhere each statement begins with the resource's settings. Use one session for one statement at a time.
   */
  session(options?: Pick<TrinoQueryOptions, "catalog" | "schema" | "session">): Trino;
}

export interface ClientOptions {
  readonly transport: TrinoTransport;
  readonly session: Partial<SessionState>;
  readonly source: string;
  readonly tags: readonly string[];
  readonly traceToken: string | undefined;
  readonly timeZone: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bigints: BigintMode;
  readonly deadlineMs: number | undefined;
  readonly heartbeatMs: number;
  readonly log: Logger;
  readonly logLevel: "info" | "debug";
  readonly signal: AbortSignal;
}

export interface TrinoClient extends Trino {
  /** Cancels what still runs and closes the connections. */
  close(): Promise<void>;
}

export function createTrino(options: ClientOptions): TrinoClient {
  const open = new Set<Statement>();
  const base: SessionState = { ...EMPTY_SESSION, ...options.session };
  return {
    ...connect({ options, open, isSession: false }, base),
    async close() {
      await Promise.all(Array.from(open, (statement) => statement.cancel()));
      options.transport.close();
    },
  };
}

interface Scope {
  readonly options: ClientOptions;
  readonly open: Set<Statement>;
  /** Whether changes of the session last. */
  readonly isSession: boolean;
}

function connect(scope: Scope, start: SessionState): Trino {
  const { options } = scope;
  let state = start;
  const keep = (sent: SessionState) => (headers: Parameters<typeof applyAnswer>[1]) => {
    if (scope.isSession) state = applyAnswer(state, headers);
    else if (applyAnswer(sent, headers) !== sent)
      options.log.warn(
        "A statement changed Trino's session, which ends with that statement. Use `trino.session()` for those that belong together.",
      );
  };
  const prepare = (sql: string, params: readonly TrinoParam[], given: TrinoQueryOptions): Statement => {
    const session = override(state, given);
    const { log, logLevel, transport } = options;
    const { deadline } = timesOf(given, { call: "query", site: undefined, report: (text) => log.warn(text) });
    const statement = new Statement({
      transport,
      sql,
      prepared: prepareText(sql, params),
      headers: { ...headersOf(options, given), ...sessionHeaders(session) },
      signal: given.signal ? AbortSignal.any([options.signal, given.signal]) : options.signal,
      deadlineMs: deadline === undefined ? options.deadlineMs : millisecondsOf(deadline, "deadline"),
      log,
      logLevel: given.log ?? logLevel,
      heartbeatMs: options.heartbeatMs,
      onHeaders: keep(session),
      onOpen: (opened) => scope.open.add(opened),
      onClose: (closed) => scope.open.delete(closed),
    });
    return statement;
  };
  const query = <T extends object>(sql: string, params: readonly TrinoParam[] = [], given: TrinoQueryOptions = {}): TrinoRows<T> =>
    rowsOf<T>(prepare(sql, params, given), given.bigints ?? options.bigints);
  return {
    url: options.transport.endpoint.url,
    query,
    all: async <T extends object>(...args: Parameters<typeof query>) => await allRows(query<T>(...args)),
    one: async <T extends object>(...args: Parameters<typeof query>) => await onlyRow(query<T>(...args), args[0]),
    scalar: async <T>(...args: Parameters<typeof query>) => await onlyValue<T>(query<Row>(...args), args[0]),
    execute: async (sql, params = [], given = {}) => {
      const statement = prepare(sql, params, given);
      for await (const page of statement.pages()) void page;
      const { queryId, stats, updateType, updateCount } = statement;
      return { queryId: queryId ?? "", stats: stats as TrinoStats, updateType, updateCount };
    },
    session: (given = {}) =>
      connect({ ...scope, isSession: true }, { ...override(state, given), transaction: state.transaction ?? "NONE" }),
  };
}

function override(state: SessionState, given: Pick<TrinoQueryOptions, "catalog" | "schema" | "session">): SessionState {
  return {
    ...state,
    catalog: given.catalog ?? state.catalog,
    schema: given.schema ?? state.schema,
    properties: { ...state.properties, ...given.session },
  };
}

function headersOf(options: ClientOptions, given: TrinoQueryOptions): Record<string, string> {
  const tags = [...options.tags, ...(given.tags ?? [])];
  return {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Trino-Source": headerText(options.source),
    "X-Trino-Time-Zone": options.timeZone,
    // Without it timestamps are cut to milliseconds.
    "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
    ...(tags.length > 0 && { "X-Trino-Client-Tags": tags.map(headerText).join(",") }),
    ...(options.traceToken !== undefined && { "X-Trino-Trace-Token": headerText(options.traceToken) }),
    ...options.headers,
  };
}
