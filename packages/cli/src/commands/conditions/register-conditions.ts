/** Names, options and texts of `headgate condition`. */
import type { Command } from "commander";
import type { CommandRegistry } from "../../command-context.ts";
import { duration, moment, upTo } from "../../option-values.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { listConditions, showCondition } from "./conditions.ts";
import { listEvaluations, showEvaluation, type EvaluationsFlags } from "./evaluations.ts";
import { listPauses, pauseConditions, resumeConditions, type PauseFlags, type ScopeFlags } from "./pauses.ts";

const TARGET = "key of the asset, or <asset>:<check> for a check";

export function registerConditions(program: Command, { add, context, finish }: CommandRegistry): void {
  const condition = program.command("condition").description("automation conditions: list them, show their evaluations, pause them");
  withConnection(add(condition, "list", "list conditions with their last evaluation")).action((flags: ConnectFlags) =>
    finish(listConditions(flags, context)),
  );
  withConnection(add(condition, "show", "show one condition and why its last evaluation requested a run or not"))
    .argument("<asset>", TARGET)
    .action((asset: string, flags: ConnectFlags) => finish(showCondition(asset, flags, context)));
  withConnection(add(condition, "evaluations", "list the latest evaluations, of one condition or of all"))
    .argument("[asset]", TARGET)
    .option("--requested", "only evaluations that requested something")
    .option("--limit <number>", "how many to list", upTo(500), 20)
    .action((asset: string | undefined, flags: EvaluationsFlags) => finish(listEvaluations(asset, flags, context)));
  withConnection(add(condition, "evaluation", "show one evaluation, part by part: + true, - false, ~ true for some partitions"))
    .argument("<evaluation>", "id of the evaluation")
    .action((id: string, flags: ConnectFlags) => finish(showEvaluation(id, flags, context)));
  withScope(add(condition, "pause", "request nothing for now; what becomes due in the meantime is requested when the pause ends"))
    .option("--reason <text>", "why")
    .option("--for <duration>", "how long, e.g. 30m, 8h or 7d (default: until 'resume')", duration)
    .option("--until <time>", "until when, e.g. 2025-01-31T02:00:00Z; without an offset in the time zone of this machine", moment)
    .action((flags: PauseFlags) => finish(pauseConditions(flags, context)));
  withScope(add(condition, "resume", "end a pause")).action((flags: ScopeFlags) => finish(resumeConditions(flags, context)));
  withConnection(add(condition, "pauses", "list the pauses")).action((flags: ConnectFlags) => finish(listPauses(flags, context)));
}

function withScope(command: Command): Command {
  return withConnection(command)
    .option("--all", "all conditions")
    .option("--location <name>", "the conditions of a code location")
    .option("--asset <key>", "the conditions of an asset and its checks");
}
