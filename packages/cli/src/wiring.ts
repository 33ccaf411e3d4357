/** What the files that describe commands share. */
import type { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import type { ExitCode } from "./terminal/exit-code.ts";

export interface Wiring {
  /** Adds a command with the options that all have. */
  readonly add: (parent: Command, name: string, description: string) => Command;
  readonly context: CommandContext;
  /** Each action leaves its exit code through it. */
  readonly doing: (work: Promise<ExitCode>) => Promise<void>;
}
