/** `headgate agent`: run an agent in the foreground. It gets the options, and the command ends with its exit code. */
import { spawn } from "node:child_process";
import { findBuiltArtifacts } from "../../embedded/built-artifacts.ts";
import type { CommandContext } from "../../command-context.ts";
import { given } from "../../given.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { warnOfToken } from "../connect.ts";
import { deathSignalPrefix, withPrefix } from "../../embedded/workerd-guard.ts";

export interface AgentFlags {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly data?: string | undefined;
  readonly slots?: number | undefined;
  readonly modules?: string | undefined;
  readonly queue?: string | undefined;
  readonly insecure?: boolean | undefined;
}

export async function agent(flags: AgentFlags, context: CommandContext): Promise<ExitCode> {
  const { env, terminal } = context;
  if ((flags.url ?? env["HEADGATE_URL"]) === undefined)
    throw new AppError("invalid_input", "No control plane address: give --url or set HEADGATE_URL.");
  const token = flags.token ?? given(env["HEADGATE_AGENT_TOKEN"]);
  if (token?.startsWith("hg_api_") === true)
    throw new AppError(
      "invalid_input",
      "This is an API token (hg_api_...), which agents cannot use. Give an agent token (hg_agent_...) in HEADGATE_AGENT_TOKEN or --token-file; agent tokens are created on the Agents page of the dashboard.",
    );
  if (token === undefined && flags.tokenFile === undefined && env["HEADGATE_AGENT_TOKEN_FILE"] === undefined) {
    throw new AppError(
      "invalid_input",
      "No agent token: give --token-file, or set HEADGATE_AGENT_TOKEN. Agent tokens are created on the Agents page of the dashboard.",
    );
  }
  if (flags.token !== undefined) warnOfToken(terminal, "--token-file or HEADGATE_AGENT_TOKEN");
  const named: readonly (readonly [string, string | number | undefined])[] = [
    ["--url", flags.url],
    ["--token-file", flags.tokenFile],
    ["--data", flags.data],
    ["--slots", flags.slots],
    ["--modules", flags.modules],
    ["--queue", flags.queue],
  ];
  const args = named.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
  if (flags.insecure === true) args.push("--insecure");
  // The token goes through the environment, because every user of the machine can read command lines.
  // If this process is killed, the agent drains and ends as if it had been asked to.
  const [command, commandArgs] = withPrefix(deathSignalPrefix("TERM"), [
    process.execPath,
    "--enable-source-maps",
    findBuiltArtifacts().agent,
    ...args,
  ]);
  const child = spawn(command, commandArgs, {
    env: { ...env, ...(token !== undefined && { HEADGATE_AGENT_TOKEN: token }) },
    detached: process.platform !== "win32",
    stdio: ["ignore", "inherit", "inherit"],
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, forward);
  const onExit = (): void => void child.kill("SIGKILL");
  process.once("exit", onExit);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit) => resolve(exit));
    });
    // Exit codes of the agent: 2 wrong configuration, 3 token refused, 4 version refused.
    if (code === 0) return EXIT.ok;
    return code !== null && code >= 2 && code <= 4 ? EXIT.usage : EXIT.failed;
  } finally {
    for (const signal of signals) process.removeListener(signal, forward);
    process.removeListener("exit", onExit);
  }
}
