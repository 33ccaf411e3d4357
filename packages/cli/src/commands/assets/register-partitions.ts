/** Names, options and texts of `headgate partitions`. */
import type { Command } from "commander";
import { PARTITION_STATUSES } from "@headgate/shared/domain/partitions/status.ts";
import type { CommandRegistry } from "../../command-context.ts";
import { oneOf, upTo } from "../../option-values.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { changeKeys, listKeys, listSets, showPartitions, type PartitionFlags } from "./partitions.ts";

export function registerPartitions(program: Command, { add, context, finish }: CommandRegistry): void {
  const partitions = program.command("partitions").description("partitions of assets, and keys of dynamic partition sets");
  withConnection(add(partitions, "show", "show the partitions of an asset and their state"))
    .argument("<asset>", "key of the asset")
    .option(
      "--state <state>",
      `only partitions in this state (${PARTITION_STATUSES.join(", ")}), repeatable`,
      oneOf(PARTITION_STATUSES),
      [],
    )
    .option("--limit <number>", "how many to list", upTo(2000), 50)
    .action((key: string, flags: PartitionFlags) => finish(showPartitions(key, flags, context)));
  withConnection(add(partitions, "sets", "list the dynamic partition sets")).action((flags: ConnectFlags) =>
    finish(listSets(flags, context)),
  );
  withConnection(add(partitions, "keys", "list the keys of a dynamic partition set"))
    .argument("<set>", "name of the set")
    .option("--text <text>", "only keys that contain this text")
    .option("--limit <number>", "how many to list", upTo(500), 100)
    .action((name: string, flags: ConnectFlags & { limit: number; text?: string }) => finish(listKeys(name, flags, context)));
  for (const [verb, isAdding] of [
    ["add", true],
    ["remove", false],
  ] as const) {
    withConnection(add(partitions, verb, `${verb} keys ${isAdding ? "to" : "from"} a dynamic partition set`))
      .argument("<set>", "name of the set")
      .argument("<keys...>", "the keys")
      .action((name: string, keys: string[], flags: ConnectFlags) => finish(changeKeys({ name, keys, add: isAdding }, flags, context)));
  }
}
