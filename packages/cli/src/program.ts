/** The command line: one program of all commands. Each folder below `commands/` registers its own. */
import { Command } from "commander";
import type { CommandContext, CommandRegistry } from "./command-context.ts";
import { registerAssets } from "./commands/assets/register-assets.ts";
import { registerBackfills } from "./commands/assets/register-backfills.ts";
import { registerPartitions } from "./commands/assets/register-partitions.ts";
import { registerConditions } from "./commands/conditions/register-conditions.ts";
import { registerLocations } from "./commands/locations/register-locations.ts";
import { registerOutbox } from "./commands/outbox/register-outbox.ts";
import { registerProject } from "./commands/project/register-project.ts";
import { registerQueue, registerRuns } from "./commands/runs/register-runs.ts";
import { registerSchedules, registerSensors } from "./commands/schedules-sensors/register-schedules-sensors.ts";
import { registerSwitches } from "./commands/switches/register-switches.ts";
import { registerSetup } from "./commands/setup/register-setup.ts";
import type { ExitCode } from "./terminal/exit-code.ts";
import { CLI_VERSION } from "./version.ts";

/** Each action passes its exit code to `keep`. */
export function buildProgram(context: CommandContext, keep: (code: ExitCode) => void): Command {
  const program = new Command("headgate")
    .description("Develop, publish and run data assets.")
    .version(CLI_VERSION)
    .helpOption("-h, --help", "show help")
    // Commands that have further commands below them keep their options apart from those.
    .enablePositionalOptions();
  const registry: CommandRegistry = {
    add: (parent, name, description) =>
      parent.command(name).description(description).option("--json", "print results as JSON, one document per line"),
    context,
    finish: async (work) => keep(await work),
  };
  // The order of the help text.
  for (const register of [
    registerProject,
    registerRuns,
    registerAssets,
    registerSchedules,
    registerSensors,
    registerConditions,
    registerSwitches,
    registerPartitions,
    registerBackfills,
    registerQueue,
    registerLocations,
    registerOutbox,
    registerSetup,
  ])
    register(program, registry);
  return program;
}
