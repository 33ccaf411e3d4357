/** `headgate dev`: control plane, agent and dashboard on this machine; the project is published again after every change. */
import { resolve } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call, openApi, type Api } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { moduleFolder } from "../../dev/module-folder.ts";
import { republishOnChange, showOutcomes } from "../../dev/republish.ts";
import { openSession, type Session } from "../../dev/session.ts";
import { stopSignal } from "../../dev/stop-signal.ts";
import { runEndLine, runTable, watchRun } from "../../dev/watch-run.ts";
import { isLoopback } from "@headgate/shared/net/loopback.ts";
import { createLoginLink } from "../../embedded/bootstrap.ts";
import { storageIn } from "../../embedded/data-folder.ts";
import { loadProject, type Project } from "../../project/project.ts";
import type { BuildResult } from "../../publish/build-location.ts";
import { buildProject, publishBuilds, type LocationOutcome } from "../../publish/publish-project.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { clockText } from "../../terminal/format.ts";

export interface DevOptions {
  readonly project: string;
  readonly host: string;
  readonly port: number;
  readonly data: string | undefined;
  readonly slots: number | null;
  readonly once: boolean;
  readonly job: string | undefined;
  readonly launchIfEmpty: string | undefined;
}

interface Dev {
  readonly options: DevOptions;
  readonly context: CommandContext;
  readonly session: Session;
  readonly api: Api;
  readonly stopped: AbortSignal;
}

export async function dev(options: DevOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal, env, now } = context;
  const found = await loadProject(options.project);
  const data = options.data ?? resolve(found.root, ".headgate");
  const project = { ...found, storage: storageIn(data) };
  if (!isLoopback(options.host))
    terminal.complain(
      `warning: --host ${options.host} lets other machines reach this server without encryption. Put a proxy with https in front, or use it only in a network that you trust.`,
    );
  const stop = stopSignal(() => session?.kill());
  let session: Session | null = null;
  try {
    // The project is built while the server starts.
    const builds = buildProject(project, env, terminal.status);
    builds.catch(() => undefined);
    session = await openSession({
      host: options.host,
      port: options.port,
      data,
      slots: options.slots,
      env,
      now,
      onNotice: (line) => terminal.note(`${clockText(now())} ${line}`),
      onAgentLost: (line) => {
        terminal.complain(line);
        if (options.once) stop.stop(new AppError("unavailable", line));
      },
    });
    const running: Dev = { options, context, session, api: openApi(session.connection), stopped: stop.signal };
    const built = await stop.orThrow(builds);
    await session.startAgent(moduleFolder(project.root, externalsOf(built)));
    const outcomes = await stop.orThrow(publishBuilds(session.connection, built, terminal.status));
    showOutcomes(outcomes, context);
    const code = options.once ? await runOnce(running, outcomes) : await stayUp(running, { project, built });
    return code;
  } catch (error) {
    if (stop.signal.aborted && !(stop.signal.reason instanceof AppError)) return options.once ? EXIT.failed : EXIT.ok;
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    terminal.status(stop.signal.aborted ? "stopping" : "");
    await session?.close();
    terminal.status("");
    stop.dispose();
  }
}

function externalsOf(builds: readonly BuildResult[]) {
  return builds.flatMap((build) => (build.ok ? build.location.externals : []));
}

/** Launches one job, waits until it ends and prints the result. */
async function runOnce({ options, context, session, api, stopped }: Dev, outcomes: readonly LocationOutcome[]): Promise<ExitCode> {
  const { terminal, random } = context;
  if (outcomes.some((outcome) => !outcome.ok)) return EXIT.failed;
  const job = options.job ?? options.launchIfEmpty;
  const launched = await call(
    session.connection,
    api.runs.launch.mutate({
      target: job === undefined ? { selection: "*" } : { job },
      tags: { "headgate/launched-by": "headgate dev --once" },
    }),
  );
  terminal.note(`run ${launched.id} launched: ${job ?? "*"}`);
  const { detail, assets } = await watchRun({ connection: session.connection, api, run: launched.id, terminal, random, signal: stopped });
  stopped.throwIfAborted();
  terminal.print();
  for (const line of runTable(assets, terminal)) terminal.print(line);
  terminal.print();
  terminal.print(runEndLine(detail.run, terminal));
  terminal.printJson({ event: "run", run: detail.run, assets });
  return detail.run.status === "succeeded" ? EXIT.ok : EXIT.failed;
}

interface Built {
  readonly project: Project;
  readonly built: readonly BuildResult[];
}

async function stayUp(running: Dev, first: Built): Promise<ExitCode> {
  const { context, session, stopped } = running;
  const { terminal } = context;
  await launchWhenEmpty(running);
  const link = await createLoginLink(session.connection);
  const { colors } = terminal;
  terminal.print();
  terminal.print(
    `  ${colors.bold("dashboard")}  ${colors.cyan(link)}  ${colors.dim("(one-time sign-in link; `headgate login` prints another)")}`,
  );
  terminal.print(`  ${colors.bold("address")}    ${session.url}`);
  terminal.print(`  ${colors.bold("state")}      ${session.dataFolder}`);
  terminal.print();
  terminal.print(colors.dim("watching for changes; Ctrl-C stops everything"));
  terminal.printJson({
    event: "ready",
    url: session.url,
    loginUrl: link,
    data: session.dataFolder,
    deployment: session.connection.deployment,
  });
  await republishOnChange({ context, session, stopped, ...first });
  if (stopped.reason instanceof AppError) throw stopped.reason;
  return EXIT.ok;
}

async function launchWhenEmpty({ options, context, session, api }: Dev): Promise<void> {
  if (options.launchIfEmpty === undefined) return;
  const home = await call(session.connection, api.home.get.query());
  const materialized = home.counts.assets - home.counts.never;
  if (materialized > 0 || home.runs.running.length > 0) return;
  try {
    const run = await call(session.connection, api.runs.launch.mutate({ target: { job: options.launchIfEmpty } }));
    context.terminal.print(`nothing was ever materialized: launched ${options.launchIfEmpty} (run ${run.id})`);
    context.terminal.printJson({ event: "launched", run: run.id, job: options.launchIfEmpty });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.terminal.complain(`could not launch ${options.launchIfEmpty}: ${error.message}`);
  }
}
