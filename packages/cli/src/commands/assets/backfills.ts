/** `headgate backfill list`, `show`, and the commands that control one. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call, type Api } from "../../client/api.ts";
import type { Connection } from "../../client/connection.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { timeText } from "../../terminal/format.ts";
import { printTable, type Cell } from "../../terminal/table.ts";
import { connect, type ConnectFlags } from "../connect.ts";
import { printBackfill, runTotal } from "./backfill-text.ts";

export type BackfillAction = "pause" | "resume" | "cancel" | "retry";

export async function listBackfills(flags: ConnectFlags & { readonly limit: number }, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const page = await call(connection, api.backfills.list.query({ limit: flags.limit }));
  terminal.printJson(page);
  if (page.items.length === 0) {
    terminal.print("no backfills yet");
    return EXIT.ok;
  }
  const columns = [
    { title: "backfill" },
    { title: "status" },
    { title: "runs", align: "right" },
    { title: "started" },
    { title: "what" },
  ] as const;
  const rows = page.items.map((backfill): readonly Cell[] => [
    { text: backfill.id },
    { text: backfill.status },
    { text: `${backfill.runs.succeeded}/${runTotal(backfill)}` },
    { text: timeText(backfill.createdAt) },
    { text: `${backfill.selection} ${backfill.partitions}` },
  ]);
  printTable(terminal, columns, rows);
  return EXIT.ok;
}

export async function showBackfill(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { connection, api } = await connect(flags, context);
  const detail = await call(connection, api.backfills.get.query({ id: await findBackfill({ connection, api }, id) }));
  context.terminal.printJson(detail);
  printBackfill(context.terminal, detail);
  return EXIT.ok;
}

export async function controlBackfill(
  change: { readonly id: string; readonly action: BackfillAction },
  flags: ConnectFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { connection, api } = await connect(flags, context);
  const id = await findBackfill({ connection, api }, change.id);
  const backfill = await call(connection, api.backfills[change.action].mutate({ id }));
  context.terminal.printJson({ backfill });
  context.terminal.print(`backfill ${backfill.id} is ${backfill.status}`);
  return EXIT.ok;
}

/** `last` is the newest backfill. */
async function findBackfill({ connection, api }: { readonly connection: Connection; readonly api: Api }, id: string): Promise<string> {
  if (id !== "last") return id;
  const { items } = await call(connection, api.backfills.list.query({ limit: 1 }));
  const [newest] = items;
  if (!newest) throw new AppError("not_found", "There is no backfill yet.");
  return newest.id;
}
