/** `headgate agent token create`: a token for an agent, and with --helm the commands that install one in a cluster. */
import { isLoopback } from "@headgate/shared/net/loopback.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { connect, type ConnectFlags } from "../connect.ts";
import { helmCommands, type HelmCommands } from "./helm-install.ts";

export interface AgentTokenFlags extends ConnectFlags {
  readonly expiresInDays?: number | undefined;
  readonly helm?: boolean | undefined;
  readonly queue?: string | undefined;
  readonly namespace: string;
  readonly release: string;
}

export async function createAgentToken(name: string, flags: AgentTokenFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const { queue, namespace, release, expiresInDays } = flags;
  const made = await call(
    connection,
    api.tokens.create.mutate({ name, kind: "agent", ...(expiresInDays !== undefined && { expiresInDays }) }),
  );
  const commands = flags.helm === true ? helmCommands({ url: connection.url, queue, namespace, release }) : null;
  terminal.printJson({ secret: made.secret, ...(commands !== null && { commands }) });
  terminal.print(`token ${made.secret}`);
  terminal.print("It is shown only once.");
  if (commands === null) {
    terminal.print("Write it into a file that only the user of the agent can read, and start the agent with that file:");
    terminal.print(`  headgate agent --url ${connection.url} --token-file agent-token`);
    return EXIT.ok;
  }
  printInstall(terminal, commands);
  if (isLoopback(new URL(connection.url).hostname))
    terminal.note(
      `warning: pods cannot reach ${connection.url}, which is an address of this machine. Give an address that they can reach.`,
    );
  return EXIT.ok;
}

function printInstall(terminal: Terminal, { namespace, secret, install, test }: HelmCommands): void {
  terminal.print("\n1. Make the Secret. Paste the token, press Enter, then Ctrl-D:");
  for (const command of [namespace, secret]) terminal.print(indented(command));
  terminal.print("\n2. Install the agent, in a checkout of Headgate:");
  terminal.print(indented(install));
  terminal.print("\n3. Check the connection:");
  terminal.print(indented(test));
}

function indented(command: string): string {
  return command.replaceAll(/^/gm, "  ");
}
