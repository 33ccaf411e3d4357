/** Messages that the deployment sends to other systems: those that wait, and dead letters. */
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { timeText } from "../../terminal/format.ts";
import { printTable, type Cell } from "../../terminal/table.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export async function listOutbox(
  flags: ConnectFlags & { readonly waiting?: boolean; readonly limit: number },
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const state = flags.waiting === true ? "waiting" : "dead";
  const page = await call(connection, api.outbox.list.query({ state, limit: flags.limit }));
  terminal.printJson(page);
  if (page.items.length === 0) {
    terminal.print(state === "dead" ? "no dead letters" : "no message waits to be sent");
    return EXIT.ok;
  }
  const columns = [
    { title: "message" },
    { title: "to" },
    { title: "about" },
    { title: "since" },
    { title: "attempts", align: "right" },
    { title: "last error" },
  ] as const;
  const rows = page.items.map((item): readonly Cell[] => [
    { text: item.key },
    { text: item.destination },
    { text: item.topic },
    { text: timeText(item.createdAt) },
    { text: String(item.attempts) },
    { text: item.error ?? "" },
  ]);
  printTable(terminal, columns, rows);
  return EXIT.ok;
}

export async function sendAgain(key: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const message = await call(connection, api.outbox.sendAgain.mutate({ key }));
  terminal.printJson({ message });
  terminal.print(`${message.key} is sent again`);
  return EXIT.ok;
}

export async function removeMessage(key: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const message = await call(connection, api.outbox.remove.mutate({ key }));
  terminal.printJson({ message });
  terminal.print(`${message.key} is removed`);
  return EXIT.ok;
}
