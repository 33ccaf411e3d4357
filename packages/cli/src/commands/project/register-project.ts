/** Names, options and texts of `headgate init`, `dev`, `validate` and `publish`. */
import type { Command } from "commander";
import { resolve } from "node:path";
import type { CommandRegistry } from "../../command-context.ts";
import { port, positiveInteger } from "../../option-values.ts";
import { withConnection } from "../connect.ts";
import { dev } from "./dev.ts";
import { init, type InitFlags } from "./init.ts";
import { publish, type PublishFlags } from "./publish.ts";
import { validate, type ValidateFlags } from "./validate.ts";

export function registerProject(program: Command, registry: CommandRegistry): void {
  const { add, context, finish } = registry;
  add(program, "init", "create a runnable project in an empty folder")
    .argument("[dir]", "folder of the project", ".")
    .option("--name <name>", "name of the project and its code location (default: the name of the folder)")
    .option("--force", "allow a folder that is not empty; existing files stay as they are")
    .action((dir: string, flags: InitFlags) => finish(init(resolve(context.cwd, dir), flags, context)));
  registerDev(program, registry);
  add(program, "validate", "load the code of the project and show what it defines, or why it does not load")
    .option("--project <dir>", "project folder", ".")
    .option("-s, --select <selection>", "also list the assets that this selection contains")
    .option("--strict", "fail if there are warnings")
    .action((flags: ValidateFlags) => finish(validate(flags, context)));
  withConnection(add(program, "publish", "build, upload and activate the code locations of the project"))
    .option("--project <dir>", "project folder", ".")
    .option("--strict", "publish nothing if there are warnings")
    .action((flags: PublishFlags) => finish(publish(flags, context)));
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

function registerDev(program: Command, { add, context, finish }: CommandRegistry): void {
  add(program, "dev", "run control plane, agent and dashboard on this machine, and publish the project after every change")
    .option("--project <dir>", "project folder", ".")
    .option("--port <number>", "port of the dashboard and API", port, 4400)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--data <dir>", "folder for the state (default: .headgate in the project)")
    .option("--slots <number>", "steps that the agent runs at the same time", positiveInteger)
    .option("--once", "launch one job, wait until it ends, print a table and exit")
    .option("--job <name>", "job that --once launches (default: the job of --launch-if-empty, else all assets)")
    .option("--launch-if-empty <job>", "launch this job if nothing was ever materialized")
    .action((flags: DevFlags) =>
      finish(
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
