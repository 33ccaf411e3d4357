/** Runs the wanted part of a dbt project as one step: one `dbt build`, its outcome as the step's. */
import { join } from "node:path";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import { lockDatabase } from "../../duckdb/file-lock.ts";
import type { UnitContext } from "../../../definitions/unit.ts";
import type { DbtAssetMap } from "../graph/asset-keys.ts";
import { createReport, type BuildReport } from "../report/build-report.ts";
import { countPending } from "./count-rows.ts";
import { isEmptiedByRun, type DbtManifestNode } from "../graph/dbt-manifest.ts";
import { eventTimeArgs, partitionOfBatch } from "../graph/event-time.ts";
import type { ProjectFiles } from "../graph/fingerprint.ts";
import type { DbtGraph } from "../graph/graph-cache.ts";
import { storageParseCache } from "../graph/parse-cache.ts";
import type { ResolvedProject } from "../project.ts";
import { runDbt } from "./run-dbt.ts";
import { outcomeOf } from "./outcome.ts";
import { selectNodes } from "../graph/selection.ts";

export interface ExecuteOptions {
  readonly unit: string;
  readonly context: UnitContext;
  readonly project: ResolvedProject;
  readonly files: ProjectFiles;
  readonly graph: DbtGraph;
  readonly map: DbtAssetMap;
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
  const refused = refusedRefresh(options);
  if (refused !== null) return { outcome: "failed", failure: { kind: "dbt", message: refused }, retryable: false };
  const selection = selectNodes({ graph, map, wanted });
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
      ...varsArgs(project, options.vars),
      ...eventTimeArgs(nodes, context.partition),
      ...(options.deferState === undefined ? ["--no-defer"] : ["--defer", "--state", options.deferState]),
      ...(options.deferState !== undefined && options.favorState ? ["--favor-state"] : ["--no-favor-state"]),
      ...(options.fullRefresh ? ["--full-refresh"] : []),
      ...(driven ? BUILD_FLAGS : []),
    ],
    targetPath,
    scratch: join(context.folders.scratch, "dbt"),
    parseCache: storageParseCache(project, context.folders),
    countRows: countsItself && (isDuckDb || "adapter"),
    chosen: selection.chosen,
    own: true,
    orders: [...map.makers],
    // What is not built here is read from elsewhere, where it is.
    elsewhere: options.deferState === undefined ? selection.elsewhere : {},
    tags: [`run:${context.job.run}`, `step:${context.job.step}`],
    files: options.files,
    warm: true,
    signal: context.signal,
    onLine: (line) => report.receive(line),
    lock: (paths) => lockAll(paths, context),
    locks: options.locks,
  });
  await settlePending(options, report);
  return outcomeOf({ exit, report, wanted, signal: context.signal, stepAssets: context.job.stepAssets ?? wanted.assets.size });
}

/** Said in every build, so that nothing that the project or a variable says is meant. (The artifacts of one step are not used.) */
const BUILD_FLAGS = ["--no-fail-fast", "--no-empty", "--no-write-json"];

/** Variables of this step beside those of the project, which every command has. */
function varsArgs(project: ResolvedProject, own: Readonly<Record<string, unknown>> | undefined): string[] {
  if (own === undefined || Object.keys(own).length === 0) return [];
  return ["--vars", JSON.stringify({ ...project.vars, ...own })];
}

/** dbt would drop the table and build only this partition: the rows of all others would be gone without a word. */
function refusedRefresh(options: ExecuteOptions): string | null {
  const { context, map } = options;
  if (context.partition === null) return null;
  const emptied = [...context.assets].filter((key) => {
    const node = map.nodes.get(key);
    return node && isEmptiedByRun(node, options.fullRefresh) && options.partitionsOf(node);
  });
  if (emptied.length === 0) return null;
  const several = emptied.length > 1 ? ` and ${emptied.length - 1} more` : "";
  return `A full refresh of partition ${context.partition.key} would empty ${emptied[0]}${several}: dbt drops the table and builds only this partition. Run it without the tag dbt/full_refresh, which replaces the rows of the partition, set full_refresh: false in the model's configuration, or do not set full_refresh: true there.`;
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
