/** A terminal whose streams are kept as texts. */
import { PassThrough } from "node:stream";
import { openTerminal, type Terminal } from "./terminal.ts";

export interface CollectingTerminal {
  readonly terminal: Terminal;
  readonly out: () => string;
  readonly err: () => string;
}

export function collectingTerminal(
  options: { readonly json?: boolean; readonly isTTY?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): CollectingTerminal {
  const { json = false, isTTY = false, env = { NO_COLOR: "1" } } = options;
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 20 });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const text = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? "");
  return { terminal: openTerminal({ stdout, stderr, env }, { json }), out: () => text(stdout), err: () => text(stderr) };
}
