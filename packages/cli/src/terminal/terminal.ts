/** Where a command writes: results to stdout, progress and problems to stderr. With `--json`, stdout has only JSON documents. */
import { createColors } from "picocolors";

export type Colors = ReturnType<typeof createColors>;

export interface Terminal {
  readonly json: boolean;
  /** True if a person watches, so that progress may rewrite its line. */
  readonly interactive: boolean;
  readonly width: number;
  /** Colours for stdout. */
  readonly colors: Colors;
  /** One line of a result for people; silent with --json. */
  print(line?: string): void;
  /** The result for machines; silent without --json. */
  printJson(value: unknown): void;
  /** One line of progress for people, on stderr; silent with --json. */
  note(line: string): void;
  /** One line of a problem, on stderr, always. */
  complain(line: string): void;
  /** A line that replaces itself while a person watches. An empty text clears it. */
  status(text: string): void;
}

export interface TerminalStreams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function openTerminal({ stdout, stderr, env }: TerminalStreams, options: { readonly json: boolean }): Terminal {
  const interactive = stderr.isTTY === true && env["CI"] === undefined && env["TERM"] !== "dumb";
  let statusShown = false;
  const clear = (): void => {
    if (!statusShown) return;
    stderr.write("\r\u001b[2K");
    statusShown = false;
  };
  const write = (stream: NodeJS.WritableStream, line: string): void => {
    clear();
    stream.write(`${line}\n`);
  };
  return {
    json: options.json,
    interactive,
    width: stdout.columns ?? 120,
    colors: createColors(wantsColor(stdout.isTTY === true, env)),
    print: (line = "") => {
      if (!options.json) write(stdout, line);
    },
    printJson: (value) => {
      if (options.json) write(stdout, JSON.stringify(value));
    },
    note: (line) => {
      if (!options.json) write(stderr, line);
    },
    complain: (line) => write(stderr, line),
    status: (text) => {
      if (!interactive || options.json) return;
      clear();
      if (text === "") return;
      stderr.write(text.slice(0, (stdout.columns ?? 80) - 1));
      statusShown = true;
    },
  };
}

/** NO_COLOR (no-color.org) and FORCE_COLOR override what the stream supports. */
function wantsColor(isTty: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const force = env["FORCE_COLOR"] ?? "";
  if (force !== "") return force !== "0";
  return isTty && env["TERM"] !== "dumb";
}
