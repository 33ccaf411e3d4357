/** Runs the command line once: parses it, runs the command, prints errors and returns the exit code. */
import { CommanderError, type Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { buildProgram } from "./program.ts";
import { ConfigProblem } from "./project/project.ts";
import { EXIT, type ExitCode } from "./terminal/exit-code.ts";
import { printError } from "./terminal/print-error.ts";
import { problemLines } from "./terminal/problem-lines.ts";
import { openTerminal, type TerminalStreams } from "./terminal/terminal.ts";

export interface MainOptions extends TerminalStreams {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly random: () => number;
}

export async function main(args: readonly string[], options: MainOptions): Promise<ExitCode> {
  // Determined before parsing, because parsing itself may fail.
  const json = args.includes("--json");
  const terminal = openTerminal(options, { json });
  const context: CommandContext = {
    terminal,
    env: options.env,
    cwd: options.cwd,
    now: options.now,
    random: options.random,
    stdout: options.stdout,
  };
  let code: ExitCode = EXIT.ok;
  const program = buildProgram(context, (finished) => {
    code = finished;
  });
  throwInsteadOfExit(program, options);
  try {
    if (args.length === 0) {
      program.outputHelp();
      return EXIT.usage;
    }
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      if (json) terminal.printJson({ error: { code: "invalid_input", message: error.message } });
      return EXIT.usage;
    }
    const printed = printError(terminal, error, { debug: (options.env["HEADGATE_DEBUG"] ?? "") !== "" });
    if (error instanceof ConfigProblem && !json) for (const line of problemLines(error.problems, terminal.colors)) terminal.complain(line);
    return printed;
  }
}

function throwInsteadOfExit(command: Command, { stdout, stderr }: TerminalStreams): void {
  command.exitOverride();
  command.configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) });
  command.showHelpAfterError("(run with --help for the options)");
  for (const child of command.commands) throwInsteadOfExit(child, { stdout, stderr, env: {} });
}
