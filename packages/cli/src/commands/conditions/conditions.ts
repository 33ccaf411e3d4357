/** `headgate condition list` and `show`: which automation conditions there are, and what their last evaluation requested. */
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { printFacts } from "../../terminal/facts.ts";
import { timeText } from "../../terminal/format.ts";
import { printTable, type Cell } from "../../terminal/table.ts";
import { connect, type ConnectFlags } from "../connect.ts";
import { printEvaluation, resultCell } from "./evaluation-text.ts";
import { OFF_TEXTS } from "../../terminal/switch-lines.ts";
import { pauseText } from "./pauses.ts";

const LIST_PAGE = 1000;
/** The list shows only the first characters of a condition; `show` has all of them. */
const LIST_TEXT = 50;

export async function listConditions(flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const conditions = await allPages((cursor) => call(connection, api.conditions.list.query({ cursor, limit: LIST_PAGE })));
  terminal.printJson({ conditions });
  if (conditions.length === 0) {
    terminal.print("no asset has an automation condition");
    return EXIT.ok;
  }
  const { colors } = terminal;
  const columns = [{ title: "asset" }, { title: "condition" }, { title: "location" }, { title: "evaluated" }, { title: "result" }] as const;
  const rows = conditions.map(({ target, text, location, last, off, paused }): readonly Cell[] => [
    { text: target },
    { text: shortened(text, LIST_TEXT) },
    { text: location },
    { text: timeText(last?.at ?? null) },
    off
      ? { text: OFF_TEXTS[off], paint: colors.dim }
      : paused
        ? { text: pauseText(paused), paint: colors.yellow }
        : last
          ? resultCell(last, colors)
          : { text: "not evaluated yet" },
  ]);
  printTable(terminal, columns, rows);
  return EXIT.ok;
}

export async function showCondition(target: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const condition = await call(connection, api.conditions.get.query({ target }));
  const { last, off, paused, lastRequestedAt, nextAt } = condition;
  const evaluation = last === null ? null : await call(connection, api.conditions.evaluation.query({ id: last.id }));
  terminal.printJson({ condition, evaluation });
  printFacts(terminal, [
    ["asset", target],
    ["location", condition.location],
    ["condition", condition.text],
    ["state", off ? OFF_TEXTS[off] : "on"],
    ["paused", paused === null ? "" : pauseText(paused)],
    ["requested", lastRequestedAt === null ? "never" : `last ${timeText(lastRequestedAt)}`],
    ["next evaluation", nextAt === null ? "at the next change" : timeText(nextAt)],
  ]);
  terminal.print();
  if (evaluation === null) terminal.print("not evaluated yet");
  else printEvaluation(terminal, evaluation);
  return EXIT.ok;
}
