/** A dbt project as assets of a code location. */
import { basename, join, relative, sep } from "node:path";
import { existsSync, readdirSync } from "node:fs";
import type { RetryPolicy } from "@headgate/shared/domain/run/retry-policy.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { Partitions } from "../partitions.ts";
import type { Unit, UnitContext, UnitDefinition, UnitDescribeContext, UnitDescribeResult } from "../unit.ts";
import { mapAssets, type DbtAssetMap } from "./asset-keys.ts";
import type { DbtNode } from "./dbt-node.ts";
import { describeProject, type DbtAssetOptions } from "./describe.ts";
import { executeBuild } from "./execute.ts";
import type { ProjectFiles } from "./fingerprint.ts";
import { GRAPH_FOLDER, type DbtGraph } from "./graph-cache.ts";
import { loadGraph } from "./load-graph.ts";
import { resolveProject, type DbtProject, type ResolvedProject } from "./project.ts";

/** `partition` of a dbt step, for `vars`. */
export interface DbtPartition {
  readonly key: string;
  /** Half-open; null when the partitions are no time windows. */
  readonly window: { readonly start: Date; readonly end: Date } | null;
}

/** Options of `dbtAssets`. */
export interface DbtAssetsOptions {
  readonly project: DbtProject;
  /** Name of the step, shown as `dbt:<name>`; default: the name of the project's folder. */
  readonly name?: string | undefined;
  /** dbt's own selection syntax; default: everything. */
  readonly select?: string | undefined;
  readonly exclude?: string | undefined;
  /** Default: the configured schema, else the dbt group. */
  readonly group?: string | ((node: DbtNode) => string) | undefined;
  /** Changes how a node becomes an asset. */
  readonly translate?: ((node: DbtNode) => DbtAssetOptions & { readonly key?: string | undefined }) | undefined;
  /** Partitions of all assets, or of each. */
  readonly partitions?: Partitions | ((node: DbtNode) => Partitions | undefined) | undefined;
  /** dbt variables of a partitioned step, e.g. the window. */
  readonly vars?: ((partition: DbtPartition) => Readonly<Record<string, unknown>>) | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
  readonly pool?: string | undefined;
  /** Count the rows of each asset on DuckDB, views included; default true. */
  readonly rowCounts?: boolean | undefined;
  /** DuckDB files to lock while dbt runs; only needed for a dbt whose profile cannot be asked (dbt 2). */
  readonly locks?: ((folders: UnitContext["folders"]) => readonly string[]) | undefined;
}

/**
 * Every model, seed and snapshot of a dbt project as an asset: lineage from `ref()` and `source()`, groups from schemas, tests as
 * checks, exposures as external assets downstream. One step builds what a run asks for, with live events of each model.
 *
 * @example
 * export const lakehouse = dbtAssets({
 *   project: dbtProject({ dir: "dbt" }),
 *   name: "lakehouse",
 *   translate: (node) => ({ owners: ["data@example.com"] }),
 * });
 */
export function dbtAssets(options: DbtAssetsOptions): Unit {
  const id = `dbt:${options.name ?? basename(options.project.dir)}`;
  const definition: UnitDefinition = {
    kind: "unit",
    id,
    unitKind: "dbt",
    requires: [],
    describe: (context) => describe(options, id, context),
    execute: (context) => execute(options, id, context),
  };
  return definition;
}

async function describe(options: DbtAssetsOptions, unit: string, context: UnitDescribeContext): Promise<UnitDescribeResult> {
  // Nothing is stored now, but dbt parses everything again when a path of its profile differs from the last time.
  const folders = { root: context.root, scratch: context.scratch, storage: join(context.root, ".headgate", "storage") };
  const loaded = await load(options, { folders, env: context.env, signal: new AbortController().signal, anyEnvironment: false });
  if (!loaded.ok) return loaded;
  const { map, graph, project } = loaded;
  const errors = map.duplicates.map(({ key, first, second }): LoadError => ({
    kind: "project",
    message: `Two nodes of the dbt project have the asset key "${key}": ${first} and ${second}.`,
    hint: "Give one of them another key: meta: {headgate: {asset_key: [...]}} in its configuration.",
  }));
  if (map.nodes.size === 0)
    errors.push({
      kind: "project",
      message: `The dbt project in "${options.project.dir}" has no model, seed or snapshot${options.select === undefined ? "" : ` that "${options.select}" selects`}.`,
    });
  if (errors.length > 0) return { ok: false, errors };
  const { group, translate, partitions } = options;
  const description = describeProject({
    unit,
    map,
    manifest: graph.manifest,
    folders: publishedFolders(context.root, project, loaded.files.ignored),
    env: loaded.files.envNames.filter((name) => !(name in project.stableEnv)),
    retry: options.retry,
    timeoutSeconds: options.timeout,
    pool: options.pool,
    translate: (node) => {
      const translated = translate?.(node) ?? {};
      const byGroup = typeof group === "function" ? group(node) : group;
      return byGroup === undefined || node.resourceType === "source" ? translated : { group: byGroup, ...translated };
    },
    partitions: (node) => (typeof partitions === "function" ? partitions(node) : partitions)?.definition,
  });
  return { ok: true, description };
}

async function execute(options: DbtAssetsOptions, unit: string, context: UnitContext): ReturnType<UnitDefinition["execute"]> {
  const loaded = await load(options, { folders: context.folders, env: context.env, signal: context.signal, anyEnvironment: true });
  if (!loaded.ok) {
    if (context.signal.aborted) return { outcome: "canceled" };
    const message = loaded.errors
      .map((error) => [error.message, error.codeFrame, error.hint].filter((part) => part !== undefined).join("\n"))
      .join("\n\n");
    return { outcome: "failed", failure: { kind: "dbt", message: message.slice(0, 20_000) }, retryable: false };
  }
  const { partition } = context;
  const window =
    partition && partition.start !== null && partition.end !== null
      ? { start: new Date(partition.start), end: new Date(partition.end) }
      : null;
  return executeBuild({
    unit,
    context,
    project: loaded.project,
    files: loaded.files,
    graph: loaded.graph,
    map: loaded.map,
    own: { select: options.select, exclude: options.exclude },
    vars: partition ? options.vars?.({ key: partition.key, window }) : undefined,
    countRows: options.rowCounts ?? true,
    fullRefresh: context.job.tags["dbt/full_refresh"] === "true",
    locks: options.locks?.(context.folders) ?? [],
  });
}

interface LoadContext {
  readonly folders: UnitContext["folders"];
  readonly env: UnitContext["env"];
  readonly signal: AbortSignal;
  readonly anyEnvironment: boolean;
}

type Loaded =
  | {
      readonly ok: true;
      readonly project: ResolvedProject;
      readonly graph: DbtGraph;
      readonly map: DbtAssetMap;
      readonly files: ProjectFiles;
    }
  | { readonly ok: false; readonly errors: readonly LoadError[] };

async function load(options: DbtAssetsOptions, context: LoadContext): Promise<Loaded> {
  const resolved = resolveProject(options.project, context);
  if (!resolved.ok) return { ok: false, errors: [{ kind: "project", message: resolved.message, hint: resolved.hint }] };
  const { project } = resolved;
  const result = await loadGraph({
    project,
    shownDir: options.project.dir,
    select: options.select,
    exclude: options.exclude,
    scratch: context.folders.scratch,
    signal: context.signal,
    anyEnvironment: context.anyEnvironment,
  });
  if (!result.ok) return result;
  const map = mapAssets(result.graph, (node) => options.translate?.(node).key);
  return { ok: true, project, graph: result.graph, map, files: result.files };
}

/** The project's folder without what dbt writes into it, but with the graph that was read just now. */
function publishedFolders(root: string, project: ResolvedProject, ignored: readonly string[]): { path: string; ignore: string[] }[] {
  const inRoot = (folder: string): string => relative(root, folder).split(sep).join("/");
  const target = join(project.dir, "target");
  const kept = GRAPH_FOLDER.split(sep).at(-1);
  const outputs = existsSync(target) ? readdirSync(target).filter((entry) => entry !== kept) : [];
  const ignore = [...ignored.filter((path) => path !== "target"), ...outputs.map((entry) => `target/${entry}`)];
  const folders = [{ path: inRoot(project.dir), ignore }];
  if (relative(project.dir, project.profilesDir).startsWith("..")) folders.push({ path: inRoot(project.profilesDir), ignore: [] });
  return folders;
}
