/** `headgate publish`: build, index, upload and activate every code location of the project. */
import { resolve } from "node:path";
import type { CommandContext } from "../../command-context.ts";
import { loadProject } from "../../project/project.ts";
import { buildProject, publishBuilds } from "../../publish/publish-project.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { outcomeJson, outcomeLines } from "../../terminal/outcome-lines.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export async function publish(flags: ConnectFlags & { readonly project: string }, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const project = await loadProject(resolve(context.cwd, flags.project));
  const { connection } = await connect(flags, context);
  terminal.note(`publishing to ${connection.deployment.org}/${connection.deployment.name} at ${connection.url}`);
  const builds = await buildProject(project, context.env, terminal.status);
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
