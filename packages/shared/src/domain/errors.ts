/**
 * The one error type of Headgate. `code` comes from a closed list so that each boundary (HTTP, tRPC, CLI exit code, socket close
 * code) can map it with one exhaustive switch.
 */
export const ERROR_CODES = [
  "invalid_input", // the request or file is malformed: fix it and try again
  "invalid_selection", // a selection text does not parse or selects nothing
  "unauthenticated", // no, wrong, expired or revoked credentials
  "forbidden", // the credentials are good, the role or scope is not
  "not_found",
  "conflict", // the thing changed meanwhile, or already exists
  "too_large",
  "rate_limited",
  "unsupported_version", // protocol, manifest or client version outside the supported range
  "unavailable", // not now: no agent, shutting down, overloaded
  "user_code", // the user's code failed to load or to run
  "internal",
] as const;
/** What kind of refusal or failure an `AppError` is. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Extra facts for machines and for the person, e.g. the position in a selection text. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An `AppError` as it travels. */
export interface ErrorBody {
  /** What kind of refusal or failure it is. */
  readonly code: ErrorCode;
  /** Says which thing, what is wrong with it and what to do. */
  readonly message: string;
  /** Facts for programs. */
  readonly details?: ErrorDetails | undefined;
}

/**
 * The error of Headgate: a program tells the cases apart by its `code`.
 *
 * @example
 * if (error instanceof AppError && error.code === "not_found") return null;
 */
export class AppError extends Error {
  /** `AppError`. */
  override readonly name = "AppError";
  /** What kind of refusal or failure it is. */
  readonly code: ErrorCode;
  /** Facts for programs. */
  readonly details: ErrorDetails | undefined;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  /** The error as it travels. */
  get body(): ErrorBody {
    return { code: this.code, message: this.message, ...(this.details && { details: this.details }) };
  }

  static from(body: ErrorBody): AppError {
    return new AppError(body.code, body.message, body.details ? { details: body.details } : {});
  }
}

/** An expected refusal is a value, so that it survives Workers RPC, which keeps only an error's message. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorBody };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function refuse(code: ErrorCode, message: string, details?: ErrorDetails): Result<never> {
  return { ok: false, error: { code, message, ...(details && { details }) } };
}

export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw AppError.from(result.error);
}
