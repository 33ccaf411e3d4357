/** `headgate condition evaluations` and `evaluation`: why did conditions request something, or not? */
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { printFacts } from "../../terminal/facts.ts";
import { timeText } from "../../terminal/format.ts";
import { noteMore, printTable, type Cell } from "../../terminal/table.ts";
import { connect, type ConnectFlags } from "../connect.ts";
import { printEvaluation, resultCell } from "./evaluation-text.ts";

export type EvaluationsFlags = ConnectFlags & { readonly limit: number; readonly requested?: boolean | undefined };

export async function listEvaluations(target: string | undefined, flags: EvaluationsFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  // Without this question a mistyped name would only give an empty list.
  if (target !== undefined) await call(connection, api.conditions.get.query({ target }));
  const requestedOnly = flags.requested === true;
  const page = await call(connection, api.conditions.evaluations.query({ target, requestedOnly, limit: flags.limit }));
  terminal.printJson(page);
  if (page.items.length === 0) {
    terminal.print(requestedOnly ? "nothing was requested yet" : "nothing was evaluated yet");
    return EXIT.ok;
  }
  const columns = [{ title: "evaluation" }, { title: "at" }, { title: "asset" }, { title: "result" }, { title: "cause" }] as const;
  const rows = page.items.map((entry): readonly Cell[] => [
    { text: entry.id },
    { text: timeText(entry.at) },
    { text: entry.target },
    resultCell(entry, terminal.colors),
    { text: entry.error ?? entry.cause },
  ]);
  printTable(terminal, columns, rows);
  if (page.next !== null) noteMore(terminal, flags.limit);
  return EXIT.ok;
}

export async function showEvaluation(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const evaluation = await call(connection, api.conditions.evaluation.query({ id }));
  terminal.printJson({ evaluation });
  printFacts(terminal, [["asset", evaluation.target]]);
  printEvaluation(terminal, evaluation);
  return EXIT.ok;
}
