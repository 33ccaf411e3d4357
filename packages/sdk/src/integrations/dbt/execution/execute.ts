/** Runs the wanted part of a dbt project as one step: one `dbt build`, its outcome as the step's. */
import { join } from "node:path";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import { lockDatabase } from "../../duckdb/file-lock.ts";
import type { UnitContext } from "../../../definitions/unit.ts";
import type { DbtAssetMap } from "../graph/asset-keys.ts";
import { createReport, type BuildReport } from "../report/build-report.ts";
import { countPending } from "./count-rows.ts";
import type { DbtManifestNode } from "../graph/dbt-manifest.ts";
import { eventTimeArgs, partitionOfBatch } from "../graph/event-time.ts";
import { cleanMessage } from "../report/failure.ts";
import type { ProjectFiles } from "../graph/fingerprint.ts";
import type { DbtGraph } from "../graph/graph-cache.ts";
import { storageParseCache } from "../graph/parse-cache.ts";
import type { ResolvedProject } from "../project.ts";
import { runDbt, type DbtExit } from "./run-dbt.ts";
import { selectNodes, type BuildSelection } from "../graph/selection.ts";

export interface ExecuteOptions {
  readonly unit: string;
  readonly context: UnitContext;
  readonly project: ResolvedProject;
  readonly files: ProjectFiles;
  readonly graph: DbtGraph;
  readonly map: DbtAssetMap;
  readonly own: { readonly select: string | undefined; readonly exclude: string | undefined };
  readonly vars: Readonly<Record<string, unknown>> | undefined;
  readonly countRows: boolean;
  readonly fullRefresh: boolean;
  /** Absolute folder with the manifest of another environment. */
  readonly deferState: string | undefined;
  readonly favorState: boolean;
  partitionsOf(node: DbtManifestNode): PartitionsDefinition | undefined;
  readonly locks: readonly string[];
}

export async function executeBuild(options: ExecuteOptions): Promise<StepOutcome> {
  const { context, project, graph, map } = options;
  const wanted = { assets: context.assets, checks: context.checks };
  const selection = selectNodes({ manifest: graph.manifest, map, wanted, own: options.own });
  const targetPath = join(context.folders.scratch, "target");
  const driven = project.program.kind === "driver";
  const countsItself = driven && options.countRows;
  const isDuckDb = graph.manifest.metadata.adapter_type === "duckdb";
  const nodes = [...wanted.assets].flatMap((key) => map.nodes.get(key) ?? []);
  const report = createReport({
    manifest: graph.manifest,
    map,
    wanted,
    partition: context.partition?.key ?? null,
    targetPath,
    statsFollow: countsItself || (isDuckDb && options.countRows),
    partitionOfBatch: (node, description) =>
      context.partition?.range ? partitionOfBatch(node, options.partitionsOf(node), description) : null,
    emit: (event) => context.emit(event),
  });
  const exit = await runDbt({
    project,
    command: [
      "build",
      ...selection.args,
      ...(options.vars ? ["--vars", JSON.stringify(options.vars)] : []),
      ...eventTimeArgs(nodes, context.partition),
      ...(options.deferState === undefined ? [] : ["--defer", "--state", options.deferState]),
      ...(options.deferState !== undefined && options.favorState ? ["--favor-state"] : []),
      ...(options.fullRefresh ? ["--full-refresh"] : []),
      // The artifacts of one step are not used; what happened comes as events.
      ...(driven ? ["--no-write-json"] : []),
    ],
    targetPath,
    scratch: join(context.folders.scratch, "dbt"),
    parseCache: storageParseCache(project, context.folders),
    countRows: countsItself && (isDuckDb || "adapter"),
    chosen: selection.chosen,
    tags: [`run:${context.job.run}`, `step:${context.job.step}`],
    files: options.files,
    warm: true,
    signal: context.signal,
    onLine: (line) => report.receive(line),
    lock: (paths) => lockAll(paths, context),
    locks: options.locks,
  });
  await settlePending(options, report);
  return outcomeOf({ exit, report, wanted, selection, map, signal: context.signal });
}

export async function lockAll(
  paths: readonly string[],
  context: {
    readonly holder?: string;
    readonly job?: UnitContext["job"];
    readonly folders: UnitContext["folders"];
    readonly log: UnitContext["log"];
    readonly signal: AbortSignal;
  },
): Promise<() => Promise<void>> {
  const locks: { release(): void }[] = [];
  const release = async (): Promise<void> => {
    for (const lock of locks.splice(0)) lock.release();
  };
  const holder = context.job ? `step ${context.job.step}` : (context.holder ?? "a dbt command of another step");
  try {
    // In one order everywhere, so that two steps with two files each cannot wait for each other.
    for (const path of [...paths].sort())
      locks.push(await lockDatabase({ path, holder, owner: context.folders.scratch, log: context.log, signal: context.signal }));
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

async function settlePending(options: ExecuteOptions, report: BuildReport): Promise<void> {
  const pending = report.pending();
  const [path] = options.locks;
  const count =
    options.countRows && options.graph.manifest.metadata.adapter_type === "duckdb" && path !== undefined && !options.context.signal.aborted;
  const counted = count && pending.length > 0 ? await countPending({ path, pending, context: options.context }) : new Map<string, never>();
  for (const { uniqueId } of pending) report.settle(uniqueId, counted.get(uniqueId) ?? null);
}

interface Ending {
  readonly exit: DbtExit;
  readonly report: BuildReport;
  readonly wanted: { readonly assets: ReadonlySet<string>; readonly checks: ReadonlySet<string> };
  readonly selection: BuildSelection;
  readonly map: DbtAssetMap;
  readonly signal: AbortSignal;
}

function outcomeOf(ending: Ending): StepOutcome {
  const { exit, report, wanted, signal } = ending;
  if (signal.aborted) return { outcome: "canceled" };
  const missing = [...wanted.assets].filter((key) => !report.materialized.has(key));
  if (exit.code === 0 && missing.length === 0) return { outcome: "succeeded" };
  const [cause] = report.failed.values();
  const extra = cause?.source ? { source: cause.source } : {};
  if (report.failed.size > 0) {
    const names = [...report.failed].map(([key, failure]) => `${key}: ${firstLine(failure.message)}`);
    const message = `${report.failed.size} of ${wanted.assets.size} dbt ${wanted.assets.size === 1 ? "asset" : "assets"} failed${skippedText(report)}. ${names.join("; ")}`;
    return {
      outcome: "failed",
      failure: { ...dbtFailure(message), ...extra },
      retryable: report.failedChecks.size + report.failedTests.size === 0,
    };
  }
  const tests = [...report.failedChecks, ...report.failedTests];
  if (tests.length > 0) {
    const names = tests.map(([name, message]) => `${name}${message === "" ? "" : ` (${firstLine(message)})`}`);
    const which = report.failedChecks.size > 0 ? "blocking check" : "dbt test";
    const message = `${tests.length === 1 ? `A ${which}` : `${tests.length} ${which}s`} failed${skippedText(report)}: ${names.join("; ")}`;
    return { outcome: "failed", failure: { kind: "check_failed", message: message.slice(0, 20_000) }, retryable: false };
  }
  const failure = dbtFailure(wholeFailure(exit, missing));
  // Another program has the database open and will close it.
  return { outcome: "failed", failure, retryable: report.started || failure.message.includes("Could not set lock on file") };
}

/** Nothing in particular failed: dbt did not get so far, or did not do all that was asked. */
function wholeFailure(exit: DbtExit, missing: readonly string[]): string {
  if (exit.code === 0)
    return `dbt ended well, but did not build ${missing.slice(0, 10).join(", ")}: the project differs from the published one. Publish the code location again.`;
  const said = exit.error ?? exit.stderr.trim().split("\n").slice(-5).join("\n");
  const how = exit.code === null ? "dbt was killed" : `dbt ended with exit code ${exit.code}`;
  return said === "" ? `${how}.` : `${how}: ${cleanMessage(said)}`;
}

function skippedText({ skipped }: BuildReport): string {
  return skipped.size === 0 ? "" : `, ${skipped.size} skipped`;
}

function firstLine(text: string): string {
  return text.split("\n").slice(0, 2).join(" ").slice(0, 500);
}

function dbtFailure(message: string): Failure {
  return { kind: "dbt", message: message.slice(0, 20_000) };
}
