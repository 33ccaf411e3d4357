/** A dbt project as assets of a code location. */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { RETRY } from "../../options/common-rules.ts";
import { captureSite, type DefinitionSite } from "../../options/definition-site.ts";
import { type Duration, secondsIn } from "../../options/duration.ts";
import type { Partitions } from "../../options/partitions.ts";
import { retryInManifest, type RetryPolicy } from "../../options/retry-policy.ts";
import type { Unit, UnitContext, UnitDefinition, UnitDescribeContext, UnitDescribeResult } from "../../definitions/unit.ts";
import { notesOfFiles } from "./graph/check-files.ts";
import { isEmptiedByRun } from "./graph/dbt-manifest.ts";
import { nodeOf, type DbtNode } from "./graph/dbt-node.ts";
import { describeProject, type DbtAssetOptions } from "./graph/describe.ts";
import { executeBuild } from "./execution/execute.ts";
import type { DbtAssetMap } from "./graph/asset-keys.ts";
import { loadFailure, loadProject, publishedFolders } from "./graph/load-project.ts";
import { unusedMeta } from "./mapping/unused-meta.ts";
import type { DbtProject } from "./project.ts";

/** The partition of a dbt step, for `vars`. */
export interface DbtPartition {
  /** Key of the partition; empty where the step has none. */
  readonly key: string;
  /** Half-open; null when the partitions are no time windows. */
  readonly window: { readonly start: Date; readonly end: Date } | null;
}

/** Options of `dbtAssets`. */
export interface DbtAssetsOptions {
  /** The project; made with `dbtProject`. */
  readonly project: DbtProject;
  /** Name of the step, shown as `dbt:<name>`. Default: the name of the project's folder. */
  readonly name?: string | undefined;
  /** dbt's own selection syntax. Default: everything. */
  readonly select?: string | undefined;
  /** What `select` would contain but the step must not build; dbt's own syntax. Default: nothing. */
  readonly exclude?: string | undefined;
  /** Name of a selector in the project's `selectors.yml`, instead of `select`. Default: none, also where one is the default. */
  readonly selector?: string | undefined;
  /** First part of the keys of what the project makes, unless its YAML or `translate` gives a key. Default: none. */
  readonly keyPrefix?: string | undefined;
  /** Default: the configured schema, else the dbt group. */
  readonly group?: string | ((node: DbtNode) => string) | undefined;
  /** Changes how a node becomes an asset. */
  readonly translate?: ((node: DbtNode) => DbtAssetOptions & { readonly key?: string | undefined }) | undefined;
  /** Partitions of all assets, or of each. */
  readonly partitions?: Partitions | ((node: DbtNode) => Partitions | undefined) | undefined;
  /**
   * dbt variables of a step, beside those of `dbtProject({ vars })`: e.g. the window of its partition. Only what runs sees them; which
   * models there are comes from `dbtProject({ vars })`.
   */
  readonly vars?: ((partition: DbtPartition) => Readonly<Record<string, unknown>>) | undefined;
  /** When a failed step is tried again. Default: the policy of the job, else no retry. */
  readonly retry?: RetryPolicy | undefined;
  /** Time limit of one attempt. Default: none. */
  readonly timeout?: Duration | undefined;
  /** Steps of a pool share its slots. Default: no pool. */
  readonly pool?: string | undefined;
  /** Count the rows of each asset: on DuckDB of all, elsewhere of tables, whose columns are read as well. Default true. */
  readonly rowCounts?: boolean | undefined;
  /**
   * Tests of sources as checks of the source's asset. They are evaluated in runs that contain that asset, so it must be one that
   * something here makes; for sources that nothing makes, see `dbtSources`.
   */
  readonly sourceTests?: boolean | undefined;
  /**
   * For a copy of production with only some of its models: what a run does not build is read from where `state`, a folder with the
   * manifest.json of production, relative to the project root, says it is.
   */
  readonly defer?: { readonly state: string; readonly favorState?: boolean | undefined } | undefined;
  /** DuckDB files to lock while dbt runs; only needed for a dbt whose profile cannot be asked (dbt 2). */
  readonly locks?: ((folders: UnitContext["folders"]) => readonly string[]) | undefined;
}

const DBT_ASSETS: OptionRules<DbtAssetsOptions> = {
  project: "object",
  name: "text",
  select: "text",
  exclude: "text",
  selector: "text",
  keyPrefix: "text",
  group: ["text", "function"],
  translate: "function",
  partitions: ["object", "function"],
  vars: "function",
  retry: { options: RETRY },
  timeout: "duration",
  pool: "text",
  rowCounts: "boolean",
  sourceTests: "boolean",
  defer: { options: { state: "text", favorState: "boolean" } },
  locks: "function",
};

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
  checkOptions(options, DBT_ASSETS, { call: "dbtAssets", definer: dbtAssets, what: "dbtAssets", needs: ["project"] });
  const id = `dbt:${options.name ?? basename(options.project.dir)}`;
  const site = captureSite(dbtAssets);
  const definition: UnitDefinition = {
    kind: "unit",
    id,
    unitKind: "dbt",
    requires: [],
    describe: (context) => describe(options, { id, site }, context),
    execute: (context) => execute(options, id, context),
  };
  return definition;
}

async function describe(
  options: DbtAssetsOptions,
  { id: unit, site }: { readonly id: string; readonly site: DefinitionSite | undefined },
  context: UnitDescribeContext,
): Promise<UnitDescribeResult> {
  if (options.select !== undefined && options.selector !== undefined) {
    const message = `${unit} has both select and selector, and dbt would take the selector alone.`;
    return { ok: false, errors: [{ kind: "project", message, hint: "Leave one of them out, or write exclude beside the selector." }] };
  }
  // Nothing is stored now, but dbt parses everything again when a path of its profile differs from the last time.
  const storage = context.storage ?? join(context.root, ".headgate", "storage");
  const folders = { root: context.root, scratch: context.scratch, storage };
  const loaded = await loadProject(options, { folders, env: context.env, signal: new AbortController().signal, anyEnvironment: false });
  if (!loaded.ok) return loaded;
  const { map, graph, project } = loaded;
  const chosen = options.selector ?? options.select;
  const errors: LoadError[] = [];
  if (map.nodes.size === 0)
    errors.push({
      kind: "project",
      message: `The dbt project in "${options.project.dir}" has no model, seed or snapshot${chosen === undefined ? "" : ` that "${chosen}" selects`}.`,
    });
  if (options.defer && !existsSync(resolve(context.root, options.defer.state, "manifest.json")))
    errors.push({
      kind: "project",
      message: `There is no manifest.json in "${options.defer.state}", the folder of dbtAssets({ defer: { state } }).`,
      hint: "Put the manifest.json that dbt wrote for production there, e.g. with `dbt parse --target prod --target-path <folder>`.",
    });
  const report = (message: string): void => void errors.push({ kind: "project", message: `${unit}: ${message}` });
  const retry = retryInManifest(options.retry, { site, report });
  const timeoutSeconds = secondsIn(options.timeout, "timeout", report);
  if (errors.length > 0) return { ok: false, errors };
  const { group, translate, defer } = options;
  const { description, errors: conflicts } = describeProject({
    unit,
    map,
    manifest: graph.manifest,
    selected: graph.selected,
    folders: [...publishedFolders(project, loaded.files), ...(defer ? [{ path: defer.state, ignore: [] }] : [])],
    env: loaded.files.envNames.filter((name) => !(name in project.stableEnv)),
    retry,
    timeoutSeconds,
    pool: options.pool,
    translate: (node) => {
      const translated = translate?.(node) ?? {};
      const byGroup = typeof group === "function" ? group(node) : group;
      return byGroup === undefined || node.resourceType === "source" ? translated : { group: byGroup, ...translated };
    },
    partitions: (node) => partitionsOf(options, node),
  });
  const refused = [...conflicts, ...emptiedByEachRun(options, map)];
  if (refused.length > 0) return { ok: false, errors: refused };
  const unused = unusedMeta(graph.manifest);
  return {
    ok: true,
    description: {
      ...description,
      warnings: [...graph.warnings, ...notesOfFiles(project, loaded.files), ...(unused === null ? [] : [unused])],
    },
  };
}

/** Such a model loses all other partitions with each run of one. */
function emptiedByEachRun(options: DbtAssetsOptions, map: DbtAssetMap): LoadError[] {
  return [...map.nodes].flatMap(([key, node]): LoadError[] =>
    isEmptiedByRun(node, false) && partitionsOf(options, nodeOf(node))
      ? [
          {
            kind: "project",
            message: `The partitioned model ${key} (${node.original_file_path}) has full_refresh: true, so each run of a partition would empty its table.`,
            hint: "Take full_refresh: true out of its configuration, or give the model no partitions.",
          },
        ]
      : [],
  );
}

function partitionsOf({ partitions }: DbtAssetsOptions, node: DbtNode): PartitionsDefinition | undefined {
  return (typeof partitions === "function" ? partitions(node) : partitions)?.definition;
}

async function execute(options: DbtAssetsOptions, unit: string, context: UnitContext): ReturnType<UnitDefinition["execute"]> {
  const loaded = await loadProject(options, { folders: context.folders, env: context.env, signal: context.signal, anyEnvironment: true });
  if (!loaded.ok) {
    if (context.signal.aborted) return { outcome: "canceled" };
    return { outcome: "failed", failure: loadFailure(loaded.errors), retryable: false };
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
    vars: options.vars?.({ key: partition?.key ?? "", window }),
    countRows: options.rowCounts ?? true,
    deferState: options.defer && resolve(context.folders.root, options.defer.state),
    favorState: options.defer?.favorState ?? false,
    partitionsOf: (node) => partitionsOf(options, nodeOf(node)),
    fullRefresh: context.job.tags["dbt/full_refresh"] === "true",
    locks: options.locks?.(context.folders) ?? [],
  });
}
