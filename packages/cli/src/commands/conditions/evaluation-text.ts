/** The result of an evaluation in a few words and a colour, and one evaluation in detail. */
import type { ConditionEvaluation, ConditionEvaluationDetail } from "@headgate/shared/contract/automations/conditions.ts";
import { evaluationLines } from "@headgate/shared/domain/automation/tree.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { printFacts } from "../../terminal/facts.ts";
import { timeText } from "../../terminal/format.ts";
import type { Cell } from "../../terminal/table.ts";
import type { Colors, Terminal } from "../../terminal/terminal.ts";

function resultText({ error, requested, partitions }: ConditionEvaluation): string {
  if (error !== null) return "failed";
  if (requested === 0) return "not requested";
  return partitions === null ? "requested" : `requested ${plural(requested, "partition")}`;
}

export function resultCell(evaluation: ConditionEvaluation, colors: Colors): Cell {
  const paint = evaluation.error !== null ? colors.red : evaluation.requested > 0 ? colors.green : colors.dim;
  return { text: resultText(evaluation), paint };
}

export function printEvaluation(terminal: Terminal, evaluation: ConditionEvaluationDetail): void {
  printFacts(terminal, [
    ["evaluation", evaluation.id],
    ["at", timeText(evaluation.at)],
    ["cause", evaluation.cause],
    ["result", resultText(evaluation)],
    ["error", evaluation.error ?? ""],
    ["partitions", evaluation.partitions?.join(", ") ?? ""],
    ["runs", evaluation.runs.join(" ")],
    ["backfill", evaluation.backfill ?? ""],
  ]);
  if (evaluation.tree !== null) for (const line of ["", ...evaluationLines(evaluation.tree)]) terminal.print(line);
}
