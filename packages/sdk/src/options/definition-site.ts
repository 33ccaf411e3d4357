/** Where in the user's code something was defined, so that an index error can name file and line. */
export interface DefinitionSite {
  readonly file: string;
  readonly line: number;
}

const FRAME = /\(?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/;

/**
 * The caller of `definer`, from a stack trace. Call it from inside `definer` itself. The process runs with --enable-source-maps,
 * so the frame already names the source file, not the bundle.
 */
export function captureSite(definer: (...args: never[]) => unknown): DefinitionSite | undefined {
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(holder, definer);
  // `stack` is computed lazily from frames captured above, so the limit may be restored only now.
  const stack = holder.stack ?? "";
  Error.stackTraceLimit = limit;
  for (const line of stack.split("\n")) {
    const match = FRAME.exec(line.trim());
    if (!match) continue;
    const [, file = "", number = "0"] = match;
    return { file: file.startsWith("file://") ? decodeURIComponent(new URL(file).pathname) : file, line: Number(number) };
  }
  return undefined;
}
