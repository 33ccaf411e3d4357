/** What was delivered to webhook sensors, and processing a delivery again. */
import { plural } from "@headgate/shared/format/number.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { printFacts } from "../../terminal/facts.ts";
import { timeText } from "../../terminal/format.ts";
import { printTable, type Cell } from "../../terminal/table.ts";
import { connect, type ConnectFlags } from "../connect.ts";
import { connectTo, type LocationFlags } from "../schedules-sensors/find.ts";

export async function listDeliveries(
  name: string,
  flags: LocationFlags & { readonly limit: number },
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const page = await call(connection, api.webhooks.deliveries.query({ location: ref.location, sensor: name, limit: flags.limit }));
  terminal.printJson(page);
  if (page.items.length === 0) {
    terminal.print("no deliveries yet");
    return EXIT.ok;
  }
  const columns = [
    { title: "delivery" },
    { title: "at" },
    { title: "result" },
    { title: "bytes", align: "right" },
    { title: "note" },
  ] as const;
  const rows = page.items.map((entry): readonly Cell[] => [
    { text: entry.id },
    { text: timeText(entry.at) },
    { text: entry.state === "requested" ? plural(entry.runs.length, "run") : entry.state },
    { text: String(entry.bytes) },
    { text: [entry.message ?? "", entry.received > 1 ? `sent ${entry.received} times` : ""].filter((text) => text !== "").join("; ") },
  ]);
  printTable(terminal, columns, rows);
  return EXIT.ok;
}

export async function showDelivery(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const delivery = await call(connection, api.webhooks.delivery.query({ id }));
  terminal.printJson({ delivery });
  const { state, message, runs } = delivery;
  printFacts(terminal, [
    ["delivery", delivery.id],
    ["at", `${timeText(delivery.at)}${delivery.received > 1 ? `, sent ${delivery.received} times` : ""}`],
    ["sender's id", delivery.senderId ?? ""],
    ["result", message === null ? state : `${state}: ${message}`],
    ["tick", delivery.tick ?? ""],
    ["runs", runs.join(" ")],
    ...Object.entries(delivery.headers),
  ]);
  terminal.print(`\n${delivery.body}`);
  return EXIT.ok;
}

export async function replayDelivery(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const delivery = await call(connection, api.webhooks.replay.mutate({ id }));
  terminal.printJson({ delivery });
  terminal.print(`delivery ${delivery.id}: ${delivery.state}`);
  return EXIT.ok;
}
