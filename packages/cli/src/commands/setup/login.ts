/** `headgate login`: a one-time link that signs a browser in. */
import type { CommandContext } from "../../command-context.ts";
import { createLoginLink } from "../../embedded/bootstrap.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export async function login(flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { connection } = await connect(flags, context);
  const url = await createLoginLink(connection);
  context.terminal.print(url);
  context.terminal.printJson({ url });
  return EXIT.ok;
}
