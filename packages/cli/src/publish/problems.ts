/** Turns everything that keeps a code location from loading into a `LoadError` with file, line, code frame and hint. */
import { readFileSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildFailure, Message } from "esbuild";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { codeFrame } from "./code-frame.ts";

const MAX_PROBLEMS = 50;

export function problemsOfBuild(thrown: unknown, root: string): readonly LoadError[] {
  if (!isBuildFailure(thrown)) return [problemOfThrown(thrown, { root, bundleFolder: root })];
  const problems = thrown.errors.slice(0, MAX_PROBLEMS).map((message) => problemOfMessage(message, root));
  // A module that was made around the user's has nothing to show; the first of them stands for a package that nothing else imports.
  const seen = new Set<string>();
  return problems
    .toSorted((a, b) => Number(isStub(a.file)) - Number(isStub(b.file)))
    .flatMap((problem) => {
      if (problem.kind !== "missing_package" || !isStub(problem.file)) {
        seen.add(problem.message);
        return [problem];
      }
      if (seen.has(problem.message)) return [];
      seen.add(problem.message);
      const { file: _file, line: _line, ...rest } = problem;
      return [rest];
    });
}

function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && "errors" in thrown && Array.isArray(thrown.errors);
}

const UNRESOLVED = /^Could not resolve "([^"]+)"/;
const NO_DEFAULT = /^No matching export in "([^"]+)" for import "default"/;
/** Generated modules around the user's modules. Users do not know them, so errors in them are told in other words. */
const STUBS = {
  "headgate-entry.js": "defineCodeLocation({ assets })",
  "headgate-config.js": "defineConfig({ locations: [{ name, entry }] })",
} as const;

function isStub(file: string | undefined): boolean {
  return file !== undefined && file in STUBS;
}

function problemOfMessage(message: Message, root: string): LoadError {
  const { location } = message;
  const withoutDefault = NO_DEFAULT.exec(message.text)?.[1];
  const wanted = Object.entries(STUBS).find(([stub]) => stub === location?.file)?.[1];
  if (withoutDefault !== undefined && wanted !== undefined) {
    const hint = `Add to the file: export default ${wanted};`;
    return { kind: "invalid_definition", message: `${withoutDefault} has no default export.`, file: portable(withoutDefault), hint };
  }
  const place = location ? { file: portable(location.file), line: location.line } : {};
  const source = location ? readSource(join(root, location.file)) : undefined;
  const frame = location && source !== undefined ? codeFrame(source, location.line, location.column) : undefined;
  const shared = { ...place, ...(frame !== undefined && { codeFrame: frame }) };
  const unresolved = UNRESOLVED.exec(message.text)?.[1];
  if (unresolved === undefined) return { kind: "syntax", message: message.text, ...shared };
  if (unresolved.startsWith(".") || isAbsolute(unresolved)) {
    return {
      kind: "project",
      message: `Cannot find the file '${unresolved}'.`,
      hint: "Correct the path of the import, or create the file.",
      ...shared,
    };
  }
  const name = packageName(unresolved);
  return { kind: "missing_package", message: `The package '${name}' is not installed.`, hint: `npm install ${name}`, ...shared };
}

export function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

export interface Folders {
  readonly root: string;
  /** The folder that the bundle was loaded from. Its paths mean nothing to the reader. */
  readonly bundleFolder: string;
}

/** The position of a thrown error is its first stack frame in the user's code. */
export function problemOfThrown(thrown: unknown, folders: Folders): LoadError {
  const error = thrown instanceof Error ? thrown : new Error(`a value that is not an Error was thrown: ${String(thrown)}`);
  const missing = missingPackageOf(error);
  const stack = shortenStack(error.stack ?? error.message, folders);
  return {
    kind: missing === undefined ? "threw" : "missing_package",
    message: missing === undefined ? `${error.name}: ${error.message}`.slice(0, 20_000) : `The package '${missing}' is not installed.`,
    stack,
    ...placeOf(stack, folders.root),
    ...(missing !== undefined && { hint: `npm install ${missing}` }),
  };
}

function missingPackageOf(error: Error): string | undefined {
  const code = "code" in error ? error.code : undefined;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return undefined;
  const name = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1];
  return name === undefined || name.startsWith(".") || isAbsolute(name) ? undefined : packageName(name);
}

/**
 * Makes paths relative to the project, and removes the folder of the bundle and the inner frames of Node and of the bundler. A module that
 * the bundler wraps in a function has a frame for the function and one for the module: a place that follows itself is told once.
 */
export function shortenStack(stack: string, { root, bundleFolder }: Folders): string {
  return stack
    .split("\n")
    .filter((line) => !/(?:\(|at |async )node:internal\/|\/index-child\.[jt]s:/.test(line))
    .map((line) => line.replaceAll(/file:\/\/[^\s)]+?(?=:\d+:\d+)/g, fromUrl))
    .map((line) => line.replaceAll(`${bundleFolder}${sep}`, "").replaceAll(`${root}${sep}`, ""))
    .filter((line) => !/(?:\(|at )bundle\.js:\d+:\d+\)?$/.test(line))
    .filter((line, index, lines) => !FRAME.test(line) || positionOf(line) !== positionOf(lines[index - 1] ?? ""))
    .join("\n")
    .slice(0, 50_000);
}

const FRAME = /^\s+at (?:.*\(|async )?([^()]+?):(\d+):(\d+)\)?$/;

function positionOf(line: string): string | undefined {
  return FRAME.exec(line)?.slice(1).join(":");
}

function fromUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

export function placeOf(stack: string, root: string): Pick<LoadError, "file" | "line" | "codeFrame"> {
  for (const line of stack.split("\n")) {
    const [, path, lineText, columnText] = FRAME.exec(line) ?? [];
    if (path === undefined || path.startsWith("node:") || !isUserFile(path)) continue;
    const source = readSource(isAbsolute(path) ? path : join(root, path));
    if (source === undefined) continue;
    const number = Number(lineText);
    const frame = codeFrame(source, number, Number(columnText) - 1);
    return { file: portable(path), line: number, ...(frame !== undefined && { codeFrame: frame }) };
  }
  return {};
}

function isUserFile(path: string): boolean {
  const file = portable(path);
  return !file.includes("node_modules/") && !file.startsWith("../") && !file.endsWith("bundle.js");
}

/** Adds what an index error of the SDK does not have: the source around its line, and a path relative to the project. */
export function completeProblem(problem: LoadError, folders: Folders): LoadError {
  const { root } = folders;
  const file = problem.file === undefined ? undefined : portable(isAbsolute(problem.file) ? relative(root, problem.file) : problem.file);
  const source = file === undefined ? undefined : readSource(join(root, file));
  const frame =
    problem.codeFrame ?? (source !== undefined && problem.line !== undefined ? codeFrame(source, problem.line, null) : undefined);
  const stack = problem.stack === undefined ? undefined : shortenStack(problem.stack, folders);
  return {
    ...(stack !== undefined && file === undefined ? placeOf(stack, root) : {}),
    ...problem,
    ...(file !== undefined && { file }),
    ...(frame !== undefined && { codeFrame: frame }),
    ...(stack !== undefined && { stack }),
  };
}

function readSource(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function portable(path: string): string {
  return path.split(sep).join("/");
}
