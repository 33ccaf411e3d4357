/** `headgate on` and `headgate off`: the switch of a code location. */
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { switchedLines } from "../../terminal/switch-lines.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export async function switchLocation(
  input: { readonly location: string; readonly on: boolean },
  flags: ConnectFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const view = await call(connection, api.switches.set.mutate(input));
  terminal.printJson({ switch: view });
  for (const line of switchedLines(view)) terminal.print(line);
  return EXIT.ok;
}
