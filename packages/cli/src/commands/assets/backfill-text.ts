/** One backfill on the terminal: its assets, and what failed. */
import type { BackfillDetail, BackfillSummary } from "@headgate/shared/contract/runs/backfill-views.ts";
import { printTable, type Cell } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";

export function runTotal({ runs }: BackfillSummary): number {
  return Object.values(runs).reduce((sum, count) => sum + count, 0);
}

export function printBackfill(terminal: Terminal, detail: BackfillDetail): void {
  const { backfill } = detail;
  const { colors } = terminal;
  terminal.print(`backfill ${backfill.id} ${backfill.status}: ${backfill.title}`);
  if (backfill.waiting !== null) terminal.print(backfill.waiting);
  const columns = [
    { title: "asset" },
    { title: "partitions", align: "right" },
    { title: "done", align: "right" },
    { title: "failed", align: "right" },
    { title: "active", align: "right" },
    { title: "waiting", align: "right" },
  ] as const;
  const rows = detail.assets.map((entry): readonly Cell[] => [
    { text: entry.asset },
    { text: String(entry.total) },
    { text: String(entry.succeeded), paint: colors.green },
    { text: String(entry.failed + entry.blocked), paint: entry.failed + entry.blocked > 0 ? colors.red : undefined },
    { text: String(entry.active) },
    { text: String(entry.waiting) },
  ]);
  printTable(terminal, columns, rows);
  for (const { message, count, partitions } of detail.failures)
    terminal.print(
      colors.red(
        `${count} x ${message.split("\n", 1)[0] ?? ""} (${partitions.slice(0, 3).join(", ")}${partitions.length > 3 ? ", …" : ""})`,
      ),
    );
}
