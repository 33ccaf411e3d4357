/** What every command gets from the process around it; tests give their own. */
import type { Terminal } from "./terminal/terminal.ts";

export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly stdout: NodeJS.WritableStream;
}
