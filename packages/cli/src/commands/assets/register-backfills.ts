/** Names, options and texts of `headgate backfill`. */
import type { Command } from "commander";
import type { CommandRegistry } from "../../command-context.ts";
import { collect, integer, positiveInteger, upTo } from "../../option-values.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { controlBackfill, listBackfills, showBackfill, type BackfillAction } from "./backfills.ts";
import { launchBackfill, type BackfillFlags } from "./launch-backfill.ts";

const BACKFILL_ID = "id of the backfill, or 'last'";
const ACTIONS: Readonly<Record<BackfillAction, string>> = {
  pause: "start no more runs for now",
  resume: "continue after a pause",
  cancel: "cancel the runs and start no more",
  retry: "start failed, canceled and blocked runs again",
};

export function registerBackfills(program: Command, { add, context, finish }: CommandRegistry): void {
  const backfill = program.command("backfill").description("materialize many partitions, in dependency order");
  withConnection(add(backfill, "launch", "start a backfill and follow it"))
    .argument("<selection>", "assets, e.g. 'metrics/orders_by_day' or 'group:gold'")
    .option("--from <key>", "first partition; with several dimensions: of one of them, or of each (2025-01-01|eu)")
    .option("--to <key>", "last partition")
    .option("--key <key>", "this partition, repeatable", collect, [])
    .option("--all", "all partitions")
    .option("--missing", "partitions that were never materialized (between --from and --to, if given)")
    .option("--failed", "partitions whose last attempt failed (between --from and --to, if given)")
    .option("--stale", "partitions that are stale (between --from and --to, if given), and those that read them")
    .option("--partitions-per-run <number>", "partitions in one run (default: as the assets define, else 1)", positiveInteger)
    .option("--single-run", "one run for each unbroken range of partitions")
    .option("--max-active <number>", "runs at the same time", upTo(1000), 10)
    .option("--priority <number>", "higher starts earlier; other runs have 0 (default: -10)", integer)
    .option("--title <text>", "what the backfill is for")
    .option("--tag <key=value>", "tag of its runs, repeatable", collect, [])
    .option("--dry-run", "only show what it would do")
    .option("--no-wait", "print the id of the backfill and return at once")
    .action((selection: string, flags: BackfillFlags) => finish(launchBackfill(selection, flags, context)));
  withConnection(add(backfill, "list", "list backfills"))
    .option("--limit <number>", "how many to list", upTo(500), 20)
    .action((flags: ConnectFlags & { limit: number }) => finish(listBackfills(flags, context)));
  withConnection(add(backfill, "show", "show one backfill"))
    .argument("<backfill>", BACKFILL_ID)
    .action((which: string, flags: ConnectFlags) => finish(showBackfill(which, flags, context)));
  for (const action of ["pause", "resume", "cancel", "retry"] as const) {
    withConnection(add(backfill, action, ACTIONS[action]))
      .argument("<backfill>", BACKFILL_ID)
      .action((which: string, flags: ConnectFlags) => finish(controlBackfill({ id: which, action }, flags, context)));
  }
}
