/** How an error that Trino reports becomes one that a person can act on: its message, where in the SQL, what to do, which query. */
import type { AnswerError } from "./answer.ts";
import type { PreparedText } from "./parameters.ts";
import { TrinoError, type TrinoErrorType } from "./trino-error.ts";

const TYPES: readonly TrinoErrorType[] = ["USER_ERROR", "INTERNAL_ERROR", "INSUFFICIENT_RESOURCES", "EXTERNAL"];
const MAX_LINE = 160;

const ADVICE: Readonly<Record<string, string>> = {
  CATALOG_NOT_FOUND: "Correct the catalog's name in the resource or in the SQL; `show catalogs` lists them.",
  SCHEMA_NOT_FOUND: "Correct the schema's name in the resource or in the SQL, or create it.",
  EXCEEDED_GLOBAL_MEMORY_LIMIT: "Make the query smaller (fewer rows, partitions, columns), or raise query.max-memory in Trino.",
  EXCEEDED_LOCAL_MEMORY_LIMIT: "Make the query smaller (fewer rows, partitions, columns), or raise query.max-memory-per-node in Trino.",
  CLUSTER_OUT_OF_MEMORY: "Run fewer queries at once, or give Trino more memory.",
  EXCEEDED_TIME_LIMIT: "Trino's own time limit (query_max_run_time and its like) ended it.",
  QUERY_QUEUE_FULL: "Too many queries wait in this resource group: run fewer at once.",
  SERVER_STARTING_UP: "Trino has just been started.",
};

const VERSION_PARAMETER = /\bfor\s+version\s+as\s+of\s+\?/i;
const VERSION_ADVICE = "Trino takes no parameter after FOR VERSION AS OF: write the number of the snapshot into the statement.";

export function toTrinoError(error: AnswerError, query: { id: string; infoUri: string; sql: string; prepared: PreparedText }): TrinoError {
  const { errorLocation: at } = error;
  const line = at?.lineNumber ?? null;
  const column = at ? at.columnNumber - (at.lineNumber === 1 ? query.prepared.offset : 0) : null;
  const advice = query.prepared.offset > 0 && VERSION_PARAMETER.test(query.sql) ? VERSION_ADVICE : ADVICE[error.errorName];
  const message = [
    // Trino's position counts our own words around the statement.
    at ? error.message.replace(/^line \d+:\d+: /, `line ${line}:${column}: `) : error.message,
    ...(advice === undefined ? [] : [advice]),
    ...excerpt(query.sql, line, column),
    `Trino query ${query.id}: ${query.infoUri}`,
  ].join("\n");
  return new TrinoError(message, {
    name: error.errorName,
    type: TYPES.find((type) => type === error.errorType) ?? "INTERNAL_ERROR",
    code: error.errorCode,
    line,
    column,
    queryId: query.id,
  });
}

function excerpt(sql: string, line: number | null, column: number | null): readonly string[] {
  if (line === null || column === null) return [];
  const text = sql.split("\n")[line - 1];
  if (text === undefined || column < 1) return [];
  const from = Math.max(0, column - MAX_LINE / 2);
  return [`${line} | ${text.slice(from, from + MAX_LINE)}`, `${" ".repeat(String(line).length)} | ${" ".repeat(column - 1 - from)}^`];
}
