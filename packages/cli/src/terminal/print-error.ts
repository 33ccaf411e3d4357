/** Turns an error into what a person or a machine reads. */
import { AppError, type ErrorBody } from "@headgate/shared/domain/errors.ts";
import { exitCodeOf, type ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

export function printError(terminal: Terminal, thrown: unknown, options: { readonly debug: boolean }): ExitCode {
  const error = asAppError(thrown);
  terminal.status("");
  terminal.printJson({ error: error.body });
  if (!terminal.json) {
    terminal.complain(`${terminal.colors.red("error")}: ${error.message}`);
    for (const line of positionLines(error.body)) terminal.complain(line);
  }
  if (options.debug || (error.code === "internal" && !terminal.json)) terminal.complain(stackOf(thrown));
  return exitCodeOf(error.code);
}

function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError("internal", `The headgate command failed unexpectedly: ${message}`, { cause: thrown });
}

/** An error in a selection has the text and the position of the mistake: a caret is drawn under it. */
function positionLines(body: ErrorBody): readonly string[] {
  const { text, position } = body.details ?? {};
  return typeof text === "string" && typeof position === "number" ? caretUnder(text, position) : [];
}

/** A line of text and a second one with a caret under the given position; both indented by two. */
export function caretUnder(text: string, position: number): readonly [string, string] {
  const before = text.slice(0, position).replaceAll(/[^\t]/g, " ");
  return [`  ${text}`, `  ${before}^`];
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? "" : `\ncaused by ${stackOf(thrown.cause)}`;
  return (thrown.stack ?? thrown.message) + cause;
}
