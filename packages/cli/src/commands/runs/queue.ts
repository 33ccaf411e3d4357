/** `headgate queue`: what is waiting, what it waits for, and what uses the limits. */
import { plural } from "@headgate/shared/format/number.ts";
import { runTitle } from "@headgate/shared/format/run.ts";
import { shortRunId } from "@headgate/shared/ids.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { timeText } from "../../terminal/format.ts";
import { printTable, type Cell } from "../../terminal/table.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export async function showQueue(flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const queue = await call(connection, api.queue.get.query());
  terminal.printJson(queue);
  const { agents, settings } = queue;
  terminal.print(
    `${queue.activeRuns} of ${settings.maxConcurrentRuns} runs active, ${queue.queuedTotal} queued; ${plural(agents.connected, "agent")}, ${agents.busy} of ${agents.slots} slots busy`,
  );
  for (const pool of queue.pools) {
    const holders = pool.holders.slice(0, 3).map(({ run, step }) => `${shortRunId(run)} ${step}`);
    terminal.print(
      `pool ${pool.name}: ${pool.used}/${pool.limit ?? "∞"}${holders.length > 0 ? `, held by ${holders.join(", ")}` : ""}${pool.waiting > 0 ? `, ${plural(pool.waiting, "step")} waiting` : ""}`,
    );
  }
  for (const tag of queue.tags)
    terminal.print(`tag ${tag.tag}: ${tag.used}/${tag.limit}${tag.waiting > 0 ? `, ${plural(tag.waiting, "run")} waiting` : ""}`);
  if (queue.queued.length === 0) return EXIT.ok;
  const columns = [
    { title: "run" },
    { title: "priority", align: "right" },
    { title: "since" },
    { title: "what" },
    { title: "waiting for" },
  ] as const;
  const rows = queue.queued.map((run): readonly Cell[] => [
    { text: shortRunId(run.id) },
    { text: String(run.priority) },
    { text: timeText(run.createdAt) },
    { text: runTitle(run) },
    { text: run.waiting?.message ?? "" },
  ]);
  printTable(terminal, columns, rows);
  return EXIT.ok;
}
