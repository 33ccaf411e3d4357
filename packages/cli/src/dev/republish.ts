/** Publishes the project again after every change, one build at a time, and shows the results. */
import type { CommandContext } from "../command-context.ts";
import { ConfigProblem, loadProject, type Project } from "../project/project.ts";
import type { BuildResult } from "../publish/build-location.ts";
import { buildProject, publishBuilds, type LocationOutcome } from "../publish/publish-project.ts";
import { clockText } from "../terminal/format.ts";
import { outcomeJson, outcomeLines } from "../terminal/outcome-lines.ts";
import { problemLines } from "../terminal/problem-lines.ts";
import type { Session } from "./session.ts";
import { watchProject } from "./watch-project.ts";

export interface RepublishOptions {
  readonly context: CommandContext;
  readonly session: Session;
  /** Ends the watch. */
  readonly stopped: AbortSignal;
  readonly project: Project;
  /** The first build, already published. */
  readonly built: readonly BuildResult[];
}

export async function republishOnChange({ context, session, stopped, project, built }: RepublishOptions): Promise<void> {
  let busy = false;
  let again = false;
  const publish = async (): Promise<void> => {
    try {
      const { env, terminal } = context;
      const current = { ...(await loadProject(project.root)), storage: project.storage };
      const builds = await buildProject(current, env, terminal.status);
      watcher.setLocations(locationsOf(builds));
      showOutcomes(await publishBuilds(session.connection, builds, terminal.status), context);
    } catch (error) {
      watcher.setLocations(null);
      complain(error, context);
    }
  };
  const onChange = (): void => {
    again = true;
    if (busy) return;
    busy = true;
    session.setPublishing(true);
    const drain = async (): Promise<void> => {
      while (again && !stopped.aborted) {
        again = false;
        await publish();
      }
      busy = false;
      if (!stopped.aborted) session.setPublishing(false);
    };
    void drain();
  };
  const watcher = await watchProject(project, session.dataFolder, onChange);
  watcher.setLocations(locationsOf(built));
  await new Promise<void>((wake) => {
    if (stopped.aborted) wake();
    else stopped.addEventListener("abort", () => wake());
  });
  await watcher.close();
}

export function showOutcomes(outcomes: readonly LocationOutcome[], { terminal, now }: CommandContext): void {
  for (const outcome of outcomes) {
    const [first = "", ...others] = outcomeLines(outcome, terminal.colors);
    terminal.print(`${terminal.colors.dim(clockText(now()))} ${first}`);
    for (const line of others) terminal.print(line);
    terminal.printJson({ event: "published", ...(outcomeJson(outcome) as object) });
  }
}

function locationsOf(builds: readonly BuildResult[]) {
  const good = builds.flatMap((build) => (build.ok ? [build.location] : []));
  return good.length === builds.length ? good : null;
}

function complain(error: unknown, { terminal, now }: CommandContext): void {
  const message = error instanceof Error ? error.message : String(error);
  terminal.complain(`${clockText(now())} ${terminal.colors.red("not published")}: ${message}`);
  if (error instanceof ConfigProblem) for (const line of problemLines(error.problems, terminal.colors)) terminal.complain(line);
}
