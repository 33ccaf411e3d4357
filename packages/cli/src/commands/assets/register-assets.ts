/** Names, options and texts of `headgate assets`. */
import type { Command } from "commander";
import { selectionOf } from "../../client/selection.ts";
import type { CommandRegistry } from "../../command-context.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { listAssets } from "./assets.ts";

export function registerAssets(program: Command, { add, context, finish }: CommandRegistry): void {
  withConnection(add(program, "assets", "list assets and their state"))
    .argument("[selection]", "only these assets, e.g. 'group:gold' or '+metrics/daily_revenue'")
    .option("-s, --select <selection>", "the same as the argument")
    .action((selection: string | undefined, flags: ConnectFlags & { select?: string }) =>
      finish(listAssets(selectionOf(selection, flags), flags, context)),
    );
}
