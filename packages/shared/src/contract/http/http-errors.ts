/** How an error travels over HTTP: its status there, and back, also from a proxy between, which knows nothing of our codes. */
import { assertNever } from "../../domain/assert.ts";
import { ERROR_CODES, type ErrorBody, type ErrorCode } from "../../domain/errors.ts";
import { isRecord } from "../../domain/json.ts";

export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 422 | 426 | 429 | 500 | 503;

export function httpStatusOf(code: ErrorCode): ErrorStatus {
  switch (code) {
    case "invalid_input":
    case "invalid_selection":
      return 400;
    case "unauthenticated":
      return 401;
    case "forbidden":
      return 403;
    case "not_found":
      return 404;
    case "conflict":
      return 409;
    case "too_large":
      return 413;
    case "user_code":
      return 422;
    case "unsupported_version":
      return 426;
    case "rate_limited":
      return 429;
    case "unavailable":
      return 503;
    case "internal":
      return 500;
    default:
      return assertNever(code);
  }
}

/** Where an answer carries no error of ours. Whatever a gateway says with 501 and more passes: the control plane itself says 500 and 503 only. */
export function codeOfStatus(status: number): ErrorCode {
  if (status > 500) return "unavailable";
  return ERROR_CODES.find((code) => httpStatusOf(code) === status) ?? "invalid_input";
}

/** What the control plane says with an error, from anything that stands where it should. */
export function errorBodyOf(value: unknown): ErrorBody | null {
  if (!isRecord(value) || typeof value["message"] !== "string") return null;
  const code = ERROR_CODES.find((known) => known === value["code"]);
  if (code === undefined) return null;
  return { code, message: value["message"], ...(isRecord(value["details"]) && { details: value["details"] }) };
}
