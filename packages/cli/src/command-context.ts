/** What commands and the files that register them get from the process around them. Tests give their own. */
import type { Command } from "commander";
import type { ExitCode } from "./terminal/exit-code.ts";
import type { Terminal } from "./terminal/terminal.ts";

export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly stdout: NodeJS.WritableStream;
}

export interface CommandRegistry {
  /** Adds a command with the options that every command has. */
  readonly add: (parent: Command, name: string, description: string) => Command;
  readonly context: CommandContext;
  /** Waits for the work of an action and keeps its exit code. */
  readonly finish: (work: Promise<ExitCode>) => Promise<void>;
}
