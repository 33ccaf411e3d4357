/** The options of every command that talks to a control plane, and the connection that they give. */
import type { Command } from "commander";
import { openApi, type Api } from "../client/api.ts";
import { resolveConnection, type Connection, type ConnectionOptions } from "../client/connection.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CommandContext } from "../command-context.ts";

export type ConnectFlags = ConnectionOptions;

export function withConnection(command: Command): Command {
  return command
    .option("--url <address>", "address of the control plane (HEADGATE_URL; default: the embedded server of this folder)")
    .option("--token <token>", "API token; other users of the machine can read it here, so use HEADGATE_TOKEN")
    .option("--deployment <org/name>", "deployment (HEADGATE_DEPLOYMENT)")
    .option("--data <dir>", "data folder of an embedded server");
}

/** Every user of the machine can read command lines, and the shell keeps them. */
export function warnOfToken(terminal: Terminal, instead: string): void {
  terminal.note(`warning: other users of this machine can read a token that is given with --token. Use ${instead} instead.`);
}

export async function connect(
  flags: ConnectFlags,
  context: CommandContext,
): Promise<{ readonly connection: Connection; readonly api: Api }> {
  if (flags.token !== undefined) warnOfToken(context.terminal, "HEADGATE_TOKEN");
  const connection = await resolveConnection(flags, { env: context.env, cwd: context.cwd });
  return { connection, api: openApi(connection) };
}
