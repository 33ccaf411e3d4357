/** Names, options and texts of `headgate run`, `runs`, `logs` and `queue`. */
import type { Command } from "commander";
import type { CommandRegistry } from "../../command-context.ts";
import { collect, integer, upTo } from "../../option-values.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { launchRun, type RunFlags } from "./launch.ts";
import { logs, type LogsFlags } from "./logs.ts";
import { showQueue } from "./queue.ts";
import { cancelRun, listRuns, reexecuteRun, showRun, type RunsFlags } from "./runs.ts";

const RUN_ID = "id of the run, its beginning or end if only one run has it, or 'last'";

export function registerRuns(program: Command, { add, context, finish }: CommandRegistry): void {
  withConnection(add(program, "run", "launch a job or a selection of assets and follow the run"))
    .argument("[job|selection]", "name of a job, or a selection such as '*', 'group:bronze' or 'stg_customers+'")
    .option("-s, --select <selection>", "a selection, even if a job has this name")
    .option("--partition <key>", "partition of the partitioned assets (default: the latest)")
    .option("--location <name>", "code location, if several define a job with this name")
    .option("--tag <key=value>", "tag of the run, repeatable", collect, [])
    .option("--config <file>", "run config, a JSON file")
    .option("--priority <number>", "higher starts earlier (default: the priority of the job, else 0)", integer)
    .option("--checks-only", "run only the checks")
    .option("--watch", "print every event of the run")
    .option("--no-wait", "print the id of the run and return at once")
    .action((target: string | undefined, flags: RunFlags) => finish(launchRun(target, flags, context)));

  const runs = withConnection(add(program, "runs", "list runs"))
    .option("--status <status>", "only runs with this status, repeatable", collect, [])
    .option("--job <name>", "only runs of this job")
    .option("--asset <key>", "only runs that contain this asset")
    .option("--text <text>", "part of an id, a job, a selection or a tag")
    .option("--limit <number>", "how many to list", upTo(500), 20)
    .action((flags: RunsFlags) => finish(listRuns(flags, context)));
  withConnection(add(runs, "show", "show one run with its steps"))
    .argument("<run>", RUN_ID)
    .action((run: string, _flags: unknown, command: Command) => finish(showRun(run, command.optsWithGlobals<ConnectFlags>(), context)));
  withConnection(add(runs, "cancel", "cancel a run"))
    .argument("<run>", RUN_ID)
    .option("--reason <text>", "why")
    .action((run: string, _flags: unknown, command: Command) =>
      finish(cancelRun(run, command.optsWithGlobals<ConnectFlags & { reason?: string }>(), context)),
    );
  withConnection(add(runs, "reexecute", "execute a run again"))
    .argument("<run>", RUN_ID)
    .option("--from-failure", "only the steps that failed or were skipped")
    .action((run: string, _flags: unknown, command: Command) =>
      finish(reexecuteRun(run, command.optsWithGlobals<ConnectFlags & { fromFailure?: boolean }>(), context)),
    );

  withConnection(add(program, "logs", "print the log of a run"))
    .argument("<run>", RUN_ID)
    .option("--step <step>", "only this step")
    .option("-f, --follow", "continue until the run ends")
    .option("--raw", "stdout and stderr of the steps instead of events")
    .action((run: string, flags: LogsFlags) => finish(logs(run, flags, context)));
}

export function registerQueue(program: Command, { add, context, finish }: CommandRegistry): void {
  withConnection(add(program, "queue", "show what is waiting, what it waits for, and what uses the limits")).action((flags: ConnectFlags) =>
    finish(showQueue(flags, context)),
  );
}
