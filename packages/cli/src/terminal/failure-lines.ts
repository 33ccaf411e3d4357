/** The details of a failure below its message, indented: the code around the position, the SQL that ran, the stack and the causes. */
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { Colors } from "./terminal.ts";

const MAX_STACK_LINES = 8;

export function failureLines(failure: Failure, colors: Colors): readonly string[] {
  const lines: string[] = [];
  if (failure.codeFrame !== undefined) lines.push(...placeLines(failure, colors), ...indented(failure.codeFrame));
  if (failure.source !== undefined)
    lines.push(`    ${colors.bold(sourceTitle(failure.source.language))}`, ...indented(failure.source.text.trim()));
  if (lines.length === 0 && failure.stack !== undefined) lines.push(...indented(stackOf(failure)).map(colors.dim));
  if (failure.cause !== undefined)
    lines.push(`    ${colors.bold("caused by:")} ${failure.cause.message}`, ...failureLines(failure.cause, colors));
  return lines;
}

function placeLines({ frames = [] }: Failure, colors: Colors): readonly string[] {
  const place = frames.find((frame) => frame.user);
  return place === undefined ? [] : [`    at ${colors.cyan(`${place.file}:${place.line}`)}`];
}

function sourceTitle(language: string): string {
  return language === "sql" ? "the SQL that ran:" : `the ${language} that ran:`;
}

/** The stack without its first line, which repeats the message. */
function stackOf({ stack = "", message }: Failure): string {
  const lines = stack.split("\n");
  const [first = ""] = lines;
  return (message.includes(first) || first.endsWith(message) ? lines.slice(1) : lines).slice(0, MAX_STACK_LINES).join("\n");
}

function indented(text: string): readonly string[] {
  return text === "" ? [] : text.split("\n").map((line) => `    ${line}`.trimEnd());
}
