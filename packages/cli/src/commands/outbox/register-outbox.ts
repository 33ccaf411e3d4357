/** Names, options and texts of the commands about messages to other systems. */
import type { Command } from "commander";
import type { CommandRegistry } from "../../command-context.ts";
import { upTo } from "../../option-values.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { listOutbox, removeMessage, sendAgain } from "./outbox.ts";

export function registerOutbox(program: Command, { add, context, finish }: CommandRegistry): void {
  const outbox = program.command("outbox").description("list messages to other systems that could not be sent, and send them again");
  withConnection(add(outbox, "list", "list dead letters: messages that were given up after all attempts"))
    .option("--waiting", "list messages that still wait to be sent instead")
    .option("--limit <number>", "how many to list", upTo(500), 50)
    .action((flags: ConnectFlags & { waiting?: boolean; limit: number }) => finish(listOutbox(flags, context)));
  withConnection(add(outbox, "send", "send a message again; the receiver knows it by its key"))
    .argument("<message>", "key of the message")
    .action((key: string, flags: ConnectFlags) => finish(sendAgain(key, flags, context)));
  withConnection(add(outbox, "remove", "remove a dead letter"))
    .argument("<message>", "key of the message")
    .action((key: string, flags: ConnectFlags) => finish(removeMessage(key, flags, context)));
}
