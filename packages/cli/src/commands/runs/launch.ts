/** `headgate run`: launch a job or a selection and, by default, follow the run to its end. */
import { randomUUID } from "node:crypto";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { runTitle } from "@headgate/shared/format/run.ts";
import { call, type Api } from "../../client/api.ts";
import type { Connection } from "../../client/connection.ts";
import { readDefinitions } from "../../client/definitions.ts";
import { addText, parseSelectionText, selectionOf } from "../../client/selection.ts";
import type { CommandContext } from "../../command-context.ts";
import { stopSignal } from "../../dev/stop-signal.ts";
import { isPublishing } from "../../embedded/data-folder.ts";
import { runEndLine, runTable, watchRun } from "../../dev/watch-run.ts";
import { keyValuePairs } from "../../option-values.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { connect, type ConnectFlags } from "../connect.ts";
import { readRunConfig } from "./run-config.ts";

/** How long the answer of a lookup may take that only adds a line. */
const VERSION_LOOKUP_MS = 5000;

export interface RunFlags extends ConnectFlags {
  readonly select?: string | undefined;
  readonly partition?: string | undefined;
  readonly location?: string | undefined;
  readonly tag: readonly string[];
  readonly config?: string | undefined;
  readonly priority?: number | undefined;
  readonly checksOnly?: boolean | undefined;
  readonly watch?: boolean | undefined;
  readonly wait: boolean;
}

export async function launchRun(argument: string | undefined, flags: RunFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal, random } = context;
  const target = selectionOf(argument, flags);
  if (target === undefined)
    throw new AppError("invalid_input", "Say what to run: a job's name or a selection, e.g. headgate run 'group:bronze'.");
  if (flags.select !== undefined) parseSelectionText(flags.select);
  const tags = keyValuePairs(flags.tag, "The tag");
  const config = flags.config === undefined ? undefined : readRunConfig(flags.config, context.cwd);
  const { connection, api } = await connect(flags, context);
  const launched = await launch({ connection, api, target, flags, tags, config });
  terminal.note(`run ${launched.id} launched: ${runTitle(launched)}`);
  if (takesStale(target) && launched.job === null && launched.partition !== null && flags.partition === undefined)
    terminal.note(
      `a run takes one partition: ${launched.partition}; for all stale ones: headgate backfill launch ${shellQuoted(target)} --stale`,
    );
  if (!flags.wait) {
    terminal.print(launched.id);
    terminal.printJson({ run: launched });
  }
  for (const line of await versionLines({ connection, api, run: launched.id })) terminal.note(line);
  if (!flags.wait) return EXIT.ok;
  const stop = stopSignal(() => undefined);
  try {
    const watched = await watchRun({
      connection,
      api,
      run: launched.id,
      terminal,
      random,
      signal: stop.signal,
      logs: flags.watch === true,
    });
    if (stop.signal.aborted) {
      terminal.complain(`no longer waiting; the run continues, see: headgate runs show ${launched.id}`);
      return EXIT.failed;
    }
    terminal.print();
    for (const line of runTable(watched.assets, terminal)) terminal.print(line);
    terminal.print();
    terminal.print(runEndLine(watched.detail.run, terminal));
    terminal.printJson({ run: watched.detail.run, assets: watched.assets });
    return watched.detail.run.status === "succeeded" ? EXIT.ok : EXIT.failed;
  } finally {
    stop.dispose();
  }
}

const takesStale = (selection: string) => /\bstatus:"?stale\b/i.test(selection);

const shellQuoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Says which code the run uses, and that newer code is on its way. The run has started, so a lookup that fails or hangs is only a line. */
async function versionLines(lookup: { connection: Connection; api: Api; run: string }): Promise<readonly string[]> {
  try {
    return await readVersions(lookup);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [`the run has started, but the version of its code could not be read: ${reason}`];
  }
}

async function readVersions({ connection, api, run }: { connection: Connection; api: Api; run: string }): Promise<string[]> {
  const signal = AbortSignal.timeout(VERSION_LOOKUP_MS);
  const [{ versions }, locations] = await Promise.all([
    call(connection, api.runs.get.query({ run }, { signal })),
    call(connection, api.locations.list.query(undefined, { signal })),
  ]);
  const used = versions.map(({ location, number }) => `version ${number} of ${location}`);
  const broken = locations.filter(({ name, status }) => status === "unavailable" && versions.some(({ location }) => location === name));
  const isChanging = connection.folder !== undefined && isPublishing(connection.folder);
  return [
    ...(used.length > 0 ? [`it uses ${used.join(", ")}`] : []),
    ...broken.map(({ name }) => `the newest code of ${name} does not load, see: headgate location list`),
    ...(isChanging ? ["headgate dev is publishing a change, which this run does not use"] : []),
  ];
}

interface LaunchRequest {
  readonly connection: Connection;
  readonly api: Api;
  readonly target: string;
  readonly flags: RunFlags;
  readonly tags: Record<string, string>;
  readonly config: unknown;
}

async function launch({ connection, api, target, flags, tags, config }: LaunchRequest): Promise<RunSummary> {
  const { jobs } = await readDefinitions(connection, api);
  const isJob = flags.select === undefined && jobs.some((job) => job.name === target);
  // A text that is not the name of a job must be a selection. A mistake in it is shown here, with its position.
  if (!isJob) parseSelectionText(target);
  const shared = {
    ...(flags.partition !== undefined && { partition: flags.partition }),
    ...(flags.location !== undefined && { location: flags.location }),
    checksOnly: flags.checksOnly === true,
  };
  const input = {
    target: isJob ? { job: target, ...shared } : { selection: target, ...shared },
    tags,
    requestId: randomUUID(),
    ...(config !== undefined && { config }),
    ...(flags.priority !== undefined && { priority: flags.priority }),
  };
  try {
    return await call(connection, api.runs.launch.mutate(input));
  } catch (error) {
    if (isJob) throw error;
    const meant = flags.select === undefined ? unknownName(error, { target, jobs: jobs.map((job) => job.name) }) : null;
    throw meant ?? addText(error, target);
  }
}

/** A single word that is not an asset may be a mistyped job, so the error names jobs too. */
function unknownName(error: unknown, { target, jobs }: { readonly target: string; readonly jobs: readonly string[] }): AppError | null {
  if (!(error instanceof AppError) || error.details?.["word"] !== target) return null;
  const assets: unknown = error.details["nearest"];
  const nearest = [...nearestKeys(target, new Set(jobs), 2), ...(Array.isArray(assets) ? assets.map(String) : [])].slice(0, 4);
  const advice =
    nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : " `headgate assets` lists the assets, the dashboard the jobs.";
  return new AppError(error.code, `There is no job and no asset "${target}".${advice}`, { cause: error });
}
