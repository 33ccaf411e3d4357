/** What can go wrong with a statement, in one type: Trino's own errors with their name and position, and what lies between us and Trino. */

/** Trino's own four, and `CONNECTION` for everything on the way to it. */
export type TrinoErrorType = "USER_ERROR" | "INTERNAL_ERROR" | "INSUFFICIENT_RESOURCES" | "EXTERNAL" | "CONNECTION";

/** Names of `CONNECTION` errors; the names of the other types are Trino's, e.g. `TABLE_NOT_FOUND`. */
export const CONNECTION_ERRORS = [
  "SERVER_UNREACHABLE", // refused, reset, or no answer at all for longer than `patienceSeconds`
  "SERVER_UNAVAILABLE", // 429, 502, 503 or 504 for longer than `patienceSeconds`
  "UNAUTHENTICATED", // 401
  "FORBIDDEN", // 403
  "CERTIFICATE_REJECTED",
  "DEADLINE_EXCEEDED",
  "QUERY_GONE", // the server forgot the query: it was restarted
  "BAD_RESULT", // rows that the caller's expectation does not fit: none for `one`, a bigint too large for a number
  "PROTOCOL_ERROR", // something that is not Trino answered
] as const;
type ConnectionErrorName = (typeof CONNECTION_ERRORS)[number];

export interface TrinoErrorFacts {
  readonly name: string;
  readonly type: TrinoErrorType;
  readonly code?: number | null | undefined;
  readonly line?: number | null | undefined;
  readonly column?: number | null | undefined;
  readonly queryId?: string | null | undefined;
  readonly cause?: unknown;
}

/**
 * A failed statement. `name` and `type` say what kind of failure it was; `line` and `column` point into the SQL text.
 *
 * @example
 * try {
 *   await resources.trino.execute("drop table staging.orders");
 * } catch (error) {
 *   if (!isTrinoError(error) || error.name !== "TABLE_NOT_FOUND") throw error;
 * }
 */
export class TrinoError extends Error {
  /** Trino's name of the error, e.g. `TABLE_NOT_FOUND`. */
  override readonly name: string;
  /** Who caused the error. */
  readonly type: TrinoErrorType;
  /** Trino's number of the error; null for `CONNECTION` errors. */
  readonly code: number | null;
  /** Line of the statement, from 1; null when it is not about a place. */
  readonly line: number | null;
  /** Column of the statement, from 1; null when it is not about a place. */
  readonly column: number | null;
  /** Trino's id of the query; null when it never got one. */
  readonly queryId: string | null;
  /** False where the same statement can only fail again: a retry policy is then not followed. */
  readonly retryable: boolean;
  /** Recognizes the class also when a bundle contains two copies of this package. */
  readonly isTrinoError = true;

  constructor(message: string, facts: TrinoErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = facts.name;
    this.type = facts.type;
    this.code = facts.code ?? null;
    this.line = facts.line ?? null;
    this.column = facts.column ?? null;
    this.queryId = facts.queryId ?? null;
    this.retryable = canRetry(facts);
  }
}

/**
 * Whether something that was thrown is a `TrinoError`.
 *
 * @example
 * if (isTrinoError(error) && error.type === "INSUFFICIENT_RESOURCES") return skipHeavyPart();
 */
export function isTrinoError(error: unknown): error is TrinoError {
  return error instanceof TrinoError || (error instanceof Error && "isTrinoError" in error && error.isTrinoError === true);
}

export function connectionError(
  name: ConnectionErrorName,
  message: string,
  more: { readonly queryId?: string | null; readonly cause?: unknown } = {},
): TrinoError {
  return new TrinoError(message, { name, type: "CONNECTION", ...more });
}

const FINAL: ReadonlySet<string> = new Set<ConnectionErrorName>([
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "CERTIFICATE_REJECTED",
  "BAD_RESULT",
  "PROTOCOL_ERROR",
]);

function canRetry({ name, type }: TrinoErrorFacts): boolean {
  return type === "CONNECTION" ? !FINAL.has(name) : type !== "USER_ERROR";
}
