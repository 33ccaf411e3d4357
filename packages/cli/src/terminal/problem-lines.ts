/** Load errors for people: what is wrong, where, the code around it, and what to do. */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { Colors } from "./terminal.ts";

export function problemLines(problems: readonly LoadError[], colors: Colors): readonly string[] {
  return problems.flatMap((problem) => {
    const place =
      problem.file === undefined ? "" : ` ${colors.cyan(`${problem.file}${problem.line === undefined ? "" : `:${problem.line}`}`)}`;
    const lines = [`${colors.red(titleOf(problem.kind))}${place}`, `  ${problem.message.split("\n").join("\n  ")}`];
    if (problem.codeFrame !== undefined) lines.push("", ...problem.codeFrame.split("\n").map((line) => `  ${line}`));
    if (problem.hint !== undefined) lines.push("", `  ${colors.bold("what to do:")} ${problem.hint}`);
    if (problem.stack !== undefined && (problem.codeFrame === undefined || problem.kind === "threw")) {
      lines.push("", ...stackLines(problem).map((line) => `  ${colors.dim(line)}`));
    }
    return [...lines, ""];
  });
}

/** The stack without its first line, which repeats the message. */
function stackLines({ stack = "", message }: LoadError): readonly string[] {
  const lines = stack.split("\n");
  return (lines[0] !== undefined && message.includes(lines[0]) ? lines.slice(1) : lines).slice(0, 15);
}

function titleOf(kind: LoadError["kind"]): string {
  const titles: Readonly<Record<LoadError["kind"], string>> = {
    syntax: "syntax error",
    missing_package: "missing package",
    threw: "error while loading",
    invalid_definition: "invalid definition",
    timeout: "timeout while loading",
    crashed: "crash while loading",
    project: "project error",
  };
  return titles[kind];
}
