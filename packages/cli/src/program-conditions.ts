/** Names, options and texts of the commands about automation conditions. What a command does is in `commands/`. */
import type { Command } from "commander";
import { listConditions, listEvaluations, showCondition, showEvaluation, type EvaluationsFlags } from "./commands/conditions.ts";
import { withConnection, type ConnectFlags } from "./commands/connect.ts";
import { listPauses, pauseConditions, resumeConditions, type PauseFlags, type ScopeFlags } from "./commands/pauses.ts";
import { duration, moment, upTo } from "./option-values.ts";
import type { Wiring } from "./wiring.ts";

export function addConditions(program: Command, { add, context, doing }: Wiring): void {
  const condition = program.command("condition").description("automation conditions: list, look at evaluations, pause");
  withConnection(add(condition, "list", "list conditions with their last evaluation")).action((flags: ConnectFlags) =>
    doing(listConditions(flags, context)),
  );
  const target = "key of the asset, or a check: <asset>:<check>";
  withConnection(add(condition, "show", "show one condition and why its last evaluation requested something, or did not"))
    .argument("<asset>", target)
    .action((asset: string, flags: ConnectFlags) => doing(showCondition(asset, flags, context)));
  withConnection(add(condition, "evaluations", "list the latest evaluations, of one condition or of all"))
    .argument("[asset]", target)
    .option("--requested", "only those that requested something")
    .option("--limit <number>", "how many", upTo(500), 20)
    .action((asset: string | undefined, flags: EvaluationsFlags) => doing(listEvaluations(asset, flags, context)));
  withConnection(add(condition, "evaluation", "show one evaluation, part by part: + true, - false, ~ true for some partitions"))
    .argument("<evaluation>", "id of the evaluation")
    .action((id: string, flags: ConnectFlags) => doing(showEvaluation(id, flags, context)));
  withScope(add(condition, "pause", "request nothing for now; what comes up meanwhile is requested at the end of the pause"))
    .option("--reason <text>", "why")
    .option("--for <duration>", "how long, e.g. 30m, 8h or 7d (default: until 'resume')", duration)
    .option("--until <moment>", "until when, e.g. 2025-01-31T02:00:00Z; without an offset in the zone of this machine", moment)
    .action((flags: PauseFlags) => doing(pauseConditions(flags, context)));
  withScope(add(condition, "resume", "end a pause")).action((flags: ScopeFlags) => doing(resumeConditions(flags, context)));
  withConnection(add(condition, "pauses", "list what is paused")).action((flags: ConnectFlags) => doing(listPauses(flags, context)));
}

function withScope(command: Command): Command {
  return withConnection(command)
    .option("--all", "all conditions")
    .option("--location <name>", "those of a code location")
    .option("--asset <key>", "those of an asset and its checks");
}
