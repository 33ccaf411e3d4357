/** `headgate condition`: which automation conditions are there, and why did they request something, or not? */
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import type { ConditionEvaluation, ConditionEvaluationDetail } from "@headgate/shared/contract/automations/conditions.ts";
import { evaluationLines } from "@headgate/shared/domain/automation/tree.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { call } from "../client/api.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode } from "../terminal/exit-code.ts";
import { formatTime, plural } from "../terminal/format.ts";
import { formatTable, type Cell } from "../terminal/table.ts";
import type { Colors } from "../terminal/terminal.ts";
import { connect, type ConnectFlags } from "./connect.ts";
import { pauseText } from "./pauses.ts";

export type EvaluationsFlags = ConnectFlags & { readonly limit: number; readonly requested?: boolean | undefined };

const LIST_PAGE = 1000;
/** Characters of a condition that stand in the list; `show` has all of them. */
const LIST_TEXT = 50;

export async function listConditions(flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const conditions = await allPages((cursor) => call(connection, api.conditions.list.query({ cursor, limit: LIST_PAGE })));
  terminal.printJson({ conditions });
  const { colors } = terminal;
  if (conditions.length === 0) terminal.print("no asset has an automation condition");
  const columns = [{ title: "asset" }, { title: "condition" }, { title: "location" }, { title: "evaluated" }, { title: "result" }] as const;
  const rows = conditions.map(({ target, text, location, last, paused }): readonly Cell[] => [
    { text: target },
    { text: shortened(text, LIST_TEXT) },
    { text: location },
    { text: formatTime(last?.at ?? null) },
    paused ? { text: pauseText(paused), paint: colors.yellow } : last ? resultCell(last, colors) : { text: "not evaluated yet" },
  ]);
  if (rows.length > 0) for (const line of formatTable(columns, rows, colors.bold)) terminal.print(line);
  return EXIT.ok;
}

export async function showCondition(target: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const condition = await call(connection, api.conditions.get.query({ target }));
  const { last, paused, lastRequestedAt, nextAt } = condition;
  const evaluation = last === null ? null : await call(connection, api.conditions.evaluation.query({ id: last.id }));
  terminal.printJson({ condition, evaluation });
  printFacts(
    [
      ["asset", target],
      ["location", condition.location],
      ["condition", condition.text],
      ["paused", paused === null ? "" : pauseText(paused)],
      ["requested", lastRequestedAt === null ? "never" : `last ${formatTime(lastRequestedAt)}`],
      ["looks again", nextAt === null ? "when something changes" : formatTime(nextAt)],
    ],
    context,
  );
  terminal.print();
  if (evaluation === null) terminal.print("not evaluated yet");
  else printEvaluation(evaluation, context);
  return EXIT.ok;
}

export async function listEvaluations(target: string | undefined, flags: EvaluationsFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  // A name that has no condition would only have an empty list.
  if (target !== undefined) await call(connection, api.conditions.get.query({ target }));
  const asked = { target, requestedOnly: flags.requested === true, limit: flags.limit };
  const page = await call(connection, api.conditions.evaluations.query(asked));
  terminal.printJson(page);
  const { colors } = terminal;
  if (page.items.length === 0) terminal.print(flags.requested === true ? "nothing was requested yet" : "nothing was evaluated yet");
  const columns = [{ title: "evaluation" }, { title: "at" }, { title: "asset" }, { title: "result" }, { title: "because" }] as const;
  const rows = page.items.map((entry): readonly Cell[] => [
    { text: entry.id },
    { text: formatTime(entry.at) },
    { text: entry.target },
    resultCell(entry, colors),
    { text: entry.error ?? entry.cause },
  ]);
  if (rows.length > 0) for (const line of formatTable(columns, rows, colors.bold)) terminal.print(line);
  if (page.next !== null) terminal.note(`more: raise --limit (now ${flags.limit})`);
  return EXIT.ok;
}

export async function showEvaluation(id: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const evaluation = await call(connection, api.conditions.evaluation.query({ id }));
  terminal.printJson({ evaluation });
  printFacts([["asset", evaluation.target]], context);
  printEvaluation(evaluation, context);
  return EXIT.ok;
}

function printEvaluation(evaluation: ConditionEvaluationDetail, context: CommandContext): void {
  const { terminal } = context;
  printFacts(
    [
      ["evaluation", evaluation.id],
      ["at", formatTime(evaluation.at)],
      ["because", evaluation.cause],
      ["result", resultText(evaluation)],
      ["error", evaluation.error ?? ""],
      ["partitions", evaluation.partitions?.join(", ") ?? ""],
      ["runs", evaluation.runs.join(" ")],
      ["backfill", evaluation.backfill ?? ""],
    ],
    context,
  );
  if (evaluation.tree !== null) for (const line of ["", ...evaluationLines(evaluation.tree)]) terminal.print(line);
}

function printFacts(facts: readonly (readonly [string, string])[], { terminal }: CommandContext): void {
  for (const [title, value] of facts) if (value !== "") terminal.print(`${terminal.colors.bold(title.padEnd(11))} ${value}`);
}

function resultText({ error, requested, partitions }: ConditionEvaluation): string {
  if (error !== null) return "failed";
  if (requested === 0) return "not requested";
  return partitions === null ? "requested" : `requested ${plural(requested, "partition")}`;
}

function resultCell(evaluation: ConditionEvaluation, colors: Colors): Cell {
  const paint = evaluation.error !== null ? colors.red : evaluation.requested > 0 ? colors.green : colors.dim;
  return { text: resultText(evaluation), paint };
}
