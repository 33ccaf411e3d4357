/** The exit code of an error. 1: the work failed. 2: the command line or the configuration is wrong. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { ErrorCode } from "@headgate/shared/domain/errors.ts";

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case "invalid_input":
    case "invalid_selection":
    case "unauthenticated":
    case "forbidden":
    case "not_found":
    case "unsupported_version":
      return EXIT.usage;
    case "conflict":
    case "too_large":
    case "rate_limited":
    case "unavailable":
    case "user_code":
    case "internal":
      return EXIT.failed;
    default:
      return assertNever(code);
  }
}
