/** `headgate publish`: build, index, upload and activate every code location of the project. */
import { resolve } from "node:path";
import type { CommandContext } from "../../command-context.ts";
import { loadProject } from "../../project/project.ts";
import { buildProject, hasWarnings, publishBuilds } from "../../publish/publish-project.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { outcomeJson, outcomeLines, warningLines } from "../../terminal/outcome-lines.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export interface PublishFlags extends ConnectFlags {
  readonly project: string;
  /** Nothing is published while there are warnings. */
  readonly strict?: boolean | undefined;
}

export async function publish(flags: PublishFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const project = await loadProject(resolve(context.cwd, flags.project));
  const { connection } = await connect(flags, context);
  terminal.note(`publishing to ${connection.deployment.org}/${connection.deployment.name} at ${connection.url}`);
  const builds = await buildProject(project, context.env, terminal.status);
  if (flags.strict === true && builds.some(hasWarnings)) {
    for (const build of builds)
      if (build.ok) for (const line of warningLines(build.location.warnings, terminal.colors)) terminal.print(line);
    terminal.complain("There are warnings, and --strict makes them errors. Nothing was published.");
    return EXIT.failed;
  }
  const outcomes = await publishBuilds(connection, builds, terminal.status);
  for (const outcome of outcomes) {
    for (const line of outcomeLines(outcome, terminal.colors)) terminal.print(line);
    if (outcome.ok && outcome.built.externals.length > 0 && connection.origin !== "embedded") {
      const names = outcome.built.externals
        .map((entry) => (entry.version === null ? entry.name : `${entry.name}@${entry.version}`))
        .join(", ");
      terminal.note(`  the machine of the agent must have these packages: ${names} (agent option --modules)`);
    }
    terminal.printJson(outcomeJson(outcome));
  }
  return outcomes.every((outcome) => outcome.ok) ? EXIT.ok : EXIT.failed;
}
