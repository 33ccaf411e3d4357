/** One line of JSON per failure that nobody expected, for the Worker's log. Never holds a request's headers or body. */
import type { AppError } from "@headgate/shared/domain/errors.ts";

export function logFailure(what: string, error: AppError): void {
  const cause =
    error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : error.cause === undefined ? undefined : "not an Error";
  // oxlint-disable-next-line no-console -- the platform collects the Worker's log from the console
  console.error(
    JSON.stringify({
      level: "error",
      what,
      code: error.code,
      message: error.message,
      cause,
    }),
  );
}
