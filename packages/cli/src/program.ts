/** The command line: names, options and texts of every command. What a command does is in `commands/`. */
import { Command } from "commander";
import { resolve } from "node:path";
import type { CommandContext } from "./command-context.ts";
import { agent, type AgentFlags } from "./commands/agent.ts";
import { assets } from "./commands/assets.ts";
import { withConnection, type ConnectFlags } from "./commands/connect.ts";
import { dev } from "./commands/dev.ts";
import { doctor, type DoctorFlags } from "./commands/doctor.ts";
import { init, type InitFlags } from "./commands/init.ts";
import { listLocations, listVersions, rollback } from "./commands/location.ts";
import { login } from "./commands/login.ts";
import { logs, type LogsFlags } from "./commands/logs.ts";
import { publish } from "./commands/publish.ts";
import { run, type RunFlags } from "./commands/run.ts";
import { cancelRun, listRuns, reexecuteRun, showRun, type RunsFlags } from "./commands/runs.ts";
import { validate } from "./commands/validate.ts";
import { selectionOf } from "./client/selection.ts";
import { collect, integer, port, positiveInteger, upTo } from "./option-values.ts";
import { addAutomation } from "./program-automation.ts";
import type { ExitCode } from "./terminal/exit-code.ts";
import { CLI_VERSION } from "./version.ts";
import type { Wiring } from "./wiring.ts";

/** Each action leaves its exit code through `finish`. */
export function buildProgram(context: CommandContext, finish: (code: ExitCode) => void): Command {
  const program = new Command("headgate")
    .description("Develop, publish and run data assets.")
    .version(CLI_VERSION)
    .helpOption("-h, --help", "show help");
  const add: Wiring["add"] = (parent, name, description) =>
    parent.command(name).description(description).option("--json", "print results as JSON, one document a line");
  const doing = async (work: Promise<ExitCode>): Promise<void> => finish(await work);

  add(program, "init", "make a runnable project in an empty folder")
    .argument("[dir]", "folder of the project", ".")
    .option("--name <name>", "name of the project and its code location (default: the folder's name)")
    .option("--force", "also in a folder that is not empty; existing files stay as they are")
    .action((dir: string, flags: InitFlags) => doing(init(resolve(context.cwd, dir), flags, context)));
  addDev(add(program, "dev", "run control plane, agent and dashboard here and publish the project at every change"), context, doing);
  add(program, "validate", "load the project's code and say what it defines, or why it does not load")
    .option("--project <dir>", "project folder", ".")
    .option("-s, --select <selection>", "also say which assets this selection contains")
    .action((flags: { project: string; select?: string }) => doing(validate(flags, context)));
  withConnection(add(program, "publish", "build, upload and activate the project's code locations"))
    .option("--project <dir>", "project folder", ".")
    .action((flags: ConnectFlags & { project: string }) => doing(publish(flags, context)));
  const wiring: Wiring = { add, context, doing };
  addRun(program, wiring);
  addAutomation(program, wiring);
  addLocation(program, wiring);
  withConnection(add(program, "login", "print a link that signs a browser in once")).action((flags: ConnectFlags) =>
    doing(login(flags, context)),
  );
  add(program, "agent", "run an agent in the foreground")
    .option("--url <address>", "control plane (HEADGATE_URL)")
    .option("--token <token>", "agent token (HEADGATE_AGENT_TOKEN)")
    .option("--token-file <file>", "file with the agent token, read again at each connect")
    .option("--data <dir>", "state folder of the agent")
    .option("--slots <number>", "steps at once", positiveInteger)
    .option("--queue <name>", "agent queue")
    .option("--modules <dir>", "node_modules folder for packages that bundles leave out")
    .action((flags: AgentFlags) => doing(agent(flags, context)));
  withConnection(add(program, "doctor", "check everything headgate needs and say what to do"))
    .option("--project <dir>", "project folder", ".")
    .option("--port <number>", "port that `headgate dev` would use", port, 4400)
    .action((flags: DoctorFlags) => doing(doctor(flags, context)));
  return program;
}

function addRun(program: Command, { add, context, doing }: Wiring): void {
  withConnection(add(program, "run", "launch a job or a selection of assets and follow it"))
    .argument("[job|selection]", "a job's name, or a selection such as '*', 'group:bronze' or 'stg_customers+'")
    .option("-s, --select <selection>", "a selection, also when a job has that name")
    .option("--partition <key>", "partition of the partitioned assets (default: the latest)")
    .option("--location <name>", "code location, when two define a job of that name")
    .option("--tag <key=value>", "tag of the run, repeatable", collect, [])
    .option("--config <file>", "run config, a JSON file")
    .option("--priority <number>", "higher starts earlier (default: that of the job, else 0)", integer)
    .option("--checks-only", "run only the checks")
    .option("--watch", "print every event while it runs")
    .option("--no-wait", "print the run's id and return at once")
    .action((target: string | undefined, flags: RunFlags) => doing(run(target, flags, context)));

  const runs = withConnection(add(program, "runs", "list runs"))
    .option("--status <status>", "only runs in this status, repeatable", collect, [])
    .option("--job <name>", "only runs of this job")
    .option("--asset <key>", "only runs that contain this asset")
    .option("--text <text>", "part of an id, a job, a selection or a tag")
    .option("--limit <number>", "how many", upTo(500), 20)
    .action((flags: RunsFlags) => doing(listRuns(flags, context)));
  const id = "the run's id, its beginning or end when that is enough, or 'last'";
  withConnection(add(runs, "show", "show one run with its steps"))
    .argument("<run>", id)
    .action((run: string, _flags: unknown, command: Command) => doing(showRun(run, command.optsWithGlobals<ConnectFlags>(), context)));
  withConnection(add(runs, "cancel", "cancel a run"))
    .argument("<run>", id)
    .option("--reason <text>", "why")
    .action((run: string, _flags: unknown, command: Command) =>
      doing(cancelRun(run, command.optsWithGlobals<ConnectFlags & { reason?: string }>(), context)),
    );
  withConnection(add(runs, "reexecute", "execute a run again"))
    .argument("<run>", id)
    .option("--from-failure", "only what failed or was skipped")
    .action((run: string, _flags: unknown, command: Command) =>
      doing(reexecuteRun(run, command.optsWithGlobals<ConnectFlags & { fromFailure?: boolean }>(), context)),
    );

  withConnection(add(program, "logs", "print a run's log"))
    .argument("<run>", id)
    .option("--step <step>", "only this step")
    .option("-f, --follow", "go on until the run ends")
    .option("--raw", "what the steps wrote to stdout and stderr")
    .action((run: string, flags: LogsFlags) => doing(logs(run, flags, context)));
  withConnection(add(program, "assets", "list assets and their state"))
    .argument("[selection]", "only these assets, e.g. 'group:gold' or '+metrics/daily_revenue'")
    .option("-s, --select <selection>", "the same as the argument")
    .action((selection: string | undefined, flags: ConnectFlags & { select?: string }) =>
      doing(assets(selectionOf(selection, flags), flags, context)),
    );
}

function addLocation(program: Command, { add, context, doing }: Wiring): void {
  const location = program.command("location").description("code locations and their versions");
  withConnection(add(location, "list", "list code locations")).action((flags: ConnectFlags) => doing(listLocations(flags, context)));
  withConnection(add(location, "versions", "list the versions of a code location"))
    .argument("<location>", "name of the code location")
    .action((name: string, flags: ConnectFlags) => doing(listVersions(name, flags, context)));
  withConnection(add(location, "rollback", "put an older version in force"))
    .argument("<location>", "name of the code location")
    .option("--to <version>", "number or id of the version (default: the one before)")
    .action((name: string, flags: ConnectFlags & { to?: string }) => doing(rollback(name, flags, context)));
}

interface DevFlags {
  project: string;
  port: number;
  host: string;
  data?: string;
  slots?: number;
  once?: boolean;
  job?: string;
  launchIfEmpty?: string;
}

function addDev(command: Command, context: CommandContext, doing: Wiring["doing"]): void {
  command
    .option("--project <dir>", "project folder", ".")
    .option("--port <number>", "port of the dashboard and API", port, 4400)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--data <dir>", "folder of the state (default: .headgate in the project)")
    .option("--slots <number>", "steps the agent runs at once", positiveInteger)
    .option("--once", "launch one job, wait for its end, print a table and exit")
    .option("--job <name>", "job that --once launches (default: that of --launch-if-empty, else everything)")
    .option("--launch-if-empty <job>", "launch this job when nothing was ever materialized")
    .action((flags: DevFlags) =>
      doing(
        dev(
          {
            project: resolve(context.cwd, flags.project),
            port: flags.port,
            host: flags.host,
            data: flags.data === undefined ? undefined : resolve(context.cwd, flags.data),
            slots: flags.slots ?? null,
            once: flags.once === true,
            job: flags.job,
            launchIfEmpty: flags.launchIfEmpty,
          },
          context,
        ),
      ),
    );
}
