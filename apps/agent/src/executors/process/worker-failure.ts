/** Turns thrown values into a step's failure or into the errors of a code location that does not load. */
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";

/** For errors that the runtime did not catch. The runtime itself makes better failures, with frames and code. */
export function failureOf(error: unknown, kind: "user_code" | "internal", prefix = ""): Failure {
  if (!(error instanceof Error)) return { kind, message: `${prefix}${String(error)}` };
  return {
    kind,
    message: `${prefix}${error.message === "" ? error.name : error.message}`,
    name: error.name,
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && error.cause !== error && { cause: failureOf(error.cause, kind) }),
  };
}

const MISSING_CODES = new Set(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]);

/** Why a code location did not load, with advice when a package is missing. */
export function loadErrorOf(error: unknown): LoadError {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code !== undefined && MISSING_CODES.has(code)) {
    return {
      kind: "missing_package",
      message,
      ...stack,
      hint: "Packages left out of the bundle must be installed where the agent runs: point HEADGATE_MODULES at a node_modules folder that has them.",
    };
  }
  return { kind: error instanceof SyntaxError ? "syntax" : "threw", message, ...stack };
}
