/** Error code -> HTTP status and tRPC code, one exhaustive switch each. */
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import { assertNever } from "@headgate/shared/assert.ts";
import type { ErrorCode } from "@headgate/shared/errors.ts";

type Status = 400 | 401 | 403 | 404 | 409 | 413 | 422 | 426 | 429 | 500 | 503;

export function httpStatusOf(code: ErrorCode): Status {
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

export function trpcCodeOf(code: ErrorCode): TRPC_ERROR_CODE_KEY {
  switch (code) {
    case "invalid_input":
    case "invalid_selection":
      return "BAD_REQUEST";
    case "unauthenticated":
      return "UNAUTHORIZED";
    case "forbidden":
      return "FORBIDDEN";
    case "not_found":
      return "NOT_FOUND";
    case "conflict":
      return "CONFLICT";
    case "too_large":
      return "PAYLOAD_TOO_LARGE";
    case "user_code":
      return "UNPROCESSABLE_CONTENT";
    case "unsupported_version":
      return "PRECONDITION_FAILED";
    case "rate_limited":
      return "TOO_MANY_REQUESTS";
    case "unavailable":
      return "SERVICE_UNAVAILABLE";
    case "internal":
      return "INTERNAL_SERVER_ERROR";
    default:
      return assertNever(code);
  }
}
