/** Error code -> tRPC code, and what a caught value says to a client. */
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import { z } from "zod";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { AppError, type ErrorCode } from "@headgate/shared/domain/errors.ts";

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

/** Anything unexpected becomes `internal` without its message, which may hold what a client must not see; the cause is kept for the log. */
export function appErrorOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof z.ZodError) return invalidInput("the request", error);
  if (isBusy(error))
    return new AppError("unavailable", "the deployment is overloaded or restarting; try again in a moment", { cause: error });
  return new AppError("internal", "something went wrong in the control plane; its log has the details", { cause: error });
}

const SHOWN_ISSUES = 5;
const SENT_ISSUES = 50;

/** Names the fields that are wrong: `the manifest is invalid: assets.3.key: ...`. */
export function invalidInput(what: string, error: z.ZodError): AppError {
  const issues = error.issues.slice(0, SENT_ISSUES).map((issue) => ({ path: issue.path.map(String).join("."), message: issue.message }));
  const shown = issues.slice(0, SHOWN_ISSUES).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const more = error.issues.length - shown.length;
  return new AppError("invalid_input", `${what} is invalid: ${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`, {
    details: { issues },
  });
}

/** Durable objects mark errors of overload and of restarts. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && (("overloaded" in error && error.overloaded === true) || ("retryable" in error && error.retryable === true))
  );
}
