/** `headgate partitions`: the partitions of an asset, and the keys of dynamic partition sets. */
import type { PartitionStatus } from "@headgate/shared/domain/partitions/status.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { countText, timeText } from "../../terminal/format.ts";
import { noteMore, printTable, type Cell } from "../../terminal/table.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export type PartitionFlags = ConnectFlags & { readonly limit: number; readonly state: readonly PartitionStatus[] };

export async function showPartitions(key: string, flags: PartitionFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const statuses = flags.state.length > 0 ? { statuses: [...flags.state] } : {};
  const status = await call(connection, api.assets.partitions.query({ key, limit: flags.limit, ...statuses }));
  terminal.printJson(status);
  const { colors } = terminal;
  const missing = status.total - status.materialized - status.failed;
  terminal.print(
    `${key}: ${countText(status.total)} partitions, ${countText(status.materialized)} materialized, ${countText(status.failed)} failed, ${countText(missing)} missing`,
  );
  const paint = { materialized: colors.green, failed: colors.red, in_progress: colors.cyan, missing: colors.dim } as const;
  const rows = status.items.map((item): readonly Cell[] => [
    { text: item.key },
    { text: item.status.replace("_", " "), paint: paint[item.status] },
    { text: timeText(item.at) },
    { text: item.message?.split("\n", 1)[0] ?? "" },
  ]);
  const columns = [{ title: "partition" }, { title: "state" }, { title: "since" }, { title: "" }] as const;
  if (rows.length > 0 || flags.state.length === 0) printTable(terminal, columns, rows);
  if (status.next !== null) noteMore(terminal, flags.limit);
  return EXIT.ok;
}

export async function listSets(flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const sets = await call(connection, api.partitions.sets.query());
  terminal.printJson({ sets });
  if (sets.length === 0) terminal.print("no asset has dynamic partitions");
  for (const set of sets) terminal.print(`${set.name}: ${plural(set.count, "key")}, used by ${set.assets.join(", ")}`);
  return EXIT.ok;
}

export async function listKeys(
  name: string,
  flags: ConnectFlags & { readonly limit: number; readonly text?: string | undefined },
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const page = await call(
    connection,
    api.partitions.keys.query({ name, limit: flags.limit, ...(flags.text !== undefined && { text: flags.text }) }),
  );
  terminal.printJson(page);
  if (page.items.length === 0) terminal.print(`${name} has no keys${flags.text === undefined ? " yet" : " with that text"}`);
  for (const { key } of page.items) terminal.print(key);
  if (page.next !== null) noteMore(terminal, flags.limit);
  return EXIT.ok;
}

export async function changeKeys(
  change: { readonly name: string; readonly keys: readonly string[]; readonly add: boolean },
  flags: ConnectFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const input = { name: change.name, keys: [...change.keys] };
  const set = await call(connection, change.add ? api.partitions.addKeys.mutate(input) : api.partitions.removeKeys.mutate(input));
  terminal.printJson({ set });
  terminal.print(`${set.name} has ${plural(set.count, "key")}`);
  return EXIT.ok;
}
