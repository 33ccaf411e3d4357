/** How an error of user code becomes a `Failure` that a person can act on: message, frames, code frame, causes. */
import { fileURLToPath } from "node:url";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Failure, FailureKind } from "@headgate/shared/domain/run/failure.ts";
import { codeFrameAt } from "./code-frame.ts";
import { parseFrames } from "./stack-frames.ts";

const MAX_MESSAGE = 20_000;
const MAX_STACK = 50_000;
const MAX_FRAME_TEXT = 20_000;
const MAX_CAUSES = 5;

/** Anything that can be thrown. The process must run with --enable-source-maps, so that the stack names source files. */
export function toFailure(error: unknown, kind: FailureKind = "user_code"): Failure {
  return describe(error, kind, MAX_CAUSES);
}

function describe(error: unknown, kind: FailureKind, depth: number): Failure {
  if (!isErrorLike(error)) return { kind, message: cut(`Something that is not an error was thrown: ${printed(error)}`, MAX_MESSAGE) };
  const stack = typeof error.stack === "string" ? error.stack : undefined;
  const frames = stack === undefined ? [] : parseFrames(stack);
  const place = frames.find((frame) => frame.user);
  const codeFrame = place && codeFrameAt(place);
  const cause = causeOf(error);
  return {
    kind,
    message: cut(messageOf(error), MAX_MESSAGE),
    name: error.name,
    ...(stack !== undefined && { stack: cut(withoutFolder(stack), MAX_STACK) }),
    ...(frames.length > 0 && { frames: frames.map((frame) => ({ ...frame, file: withoutFolder(frame.file) })) }),
    ...(codeFrame !== undefined && { codeFrame: cut(codeFrame, MAX_FRAME_TEXT) }),
    ...(cause !== undefined && depth > 0 && { cause: describe(cause, kind, depth - 1) }),
  };
}

/** In a bundle on an agent, paths mean something to a person only from the project's root, which is where the bundle lies. */
const BUNDLE = /^(file:\/\/.*\/)bundle\.js$/.exec(import.meta.url)?.[1];

export function withoutFolder(text: string, bundleFolder = BUNDLE): string {
  if (bundleFolder === undefined) return text;
  return text.replaceAll(bundleFolder, "").replaceAll(fileURLToPath(bundleFolder), "");
}

interface ErrorLike {
  readonly name: string;
  readonly message: string;
  readonly stack?: unknown;
  readonly cause?: unknown;
}

function isErrorLike(error: unknown): error is ErrorLike {
  return (
    typeof error === "object" &&
    error !== null &&
    "message" in error &&
    typeof error.message === "string" &&
    "name" in error &&
    typeof error.name === "string"
  );
}

function messageOf(error: ErrorLike): string {
  // The plain class says nothing, and AppError is ours: its message is already a sentence.
  const plain = error.name === "Error" || error instanceof AppError;
  const message = error.message === "" ? "(no message)" : error.message;
  return plain ? message : `${error.name}: ${message}`;
}

function causeOf(error: ErrorLike): unknown {
  if (error.cause !== undefined) return error.cause;
  if (error instanceof AggregateError) {
    const [first]: unknown[] = error.errors;
    return first;
  }
  return undefined;
}

function printed(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 20)}\n... (shortened)`;
}
