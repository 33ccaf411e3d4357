/** A dbt project as its assets see it, at index time and again when a step runs: resolved, read, and mapped to asset keys. */
import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { UnitContext, UnitFolder } from "../../../definitions/unit.ts";
import { mapAssets, type DbtAssetMap } from "./asset-keys.ts";
import type { DbtNode } from "./dbt-node.ts";
import type { ProjectFiles, ProjectPlace } from "./fingerprint.ts";
import { GRAPH_FOLDER, type DbtGraph } from "./graph-cache.ts";
import { loadGraph } from "./load-graph.ts";
import { isInside } from "./project-layout.ts";
import { resolveProject, withPublishedProfile, type DbtProject, type ResolvedProject } from "../project.ts";

export interface LoadOptions {
  readonly project: DbtProject;
  readonly select?: string | undefined;
  readonly exclude?: string | undefined;
  readonly selector?: string | undefined;
  readonly keyPrefix?: string | undefined;
  readonly translate?: ((node: DbtNode) => { readonly key?: string | undefined }) | undefined;
  /** Steps give dbt variables of their own. */
  readonly vars?: unknown;
  readonly sourceTests?: boolean | undefined;
  readonly ownSources?: boolean | undefined;
}

export interface LoadContext {
  readonly folders: UnitContext["folders"];
  readonly env: UnitContext["env"];
  readonly signal: AbortSignal;
  readonly anyEnvironment: boolean;
}

export type Loaded =
  | {
      readonly ok: true;
      readonly project: ResolvedProject;
      readonly graph: DbtGraph;
      readonly map: DbtAssetMap;
      readonly files: ProjectFiles;
    }
  | { readonly ok: false; readonly errors: readonly LoadError[] };

export async function loadProject(options: LoadOptions, context: LoadContext): Promise<Loaded> {
  const resolved = resolveProject(options.project, context);
  if (!resolved.ok) return { ok: false, errors: [{ kind: "project", message: resolved.message, hint: resolved.hint }] };
  const { project } = resolved;
  const result = await loadGraph({
    project,
    shownDir: options.project.dir,
    select: options.select,
    exclude: options.exclude,
    selector: options.selector,
    givesVars: options.vars !== undefined,
    scratch: context.folders.scratch,
    signal: context.signal,
    anyEnvironment: context.anyEnvironment,
  });
  if (!result.ok) return result;
  const { sourceTests, ownSources, keyPrefix } = options;
  const map = mapAssets(result.graph, (node) => options.translate?.(node).key, { sourceTests, ownSources, keyPrefix });
  const followed = context.anyEnvironment ? withPublishedProfile(project, result.graph.profileArgs) : project;
  return { ok: true, project: followed, graph: result.graph, map, files: result.files };
}

/** Exactly the files that dbt read, and the graph that was made of them. */
export function publishedFolders(project: ProjectPlace, files: ProjectFiles): UnitFolder[] {
  const inRoot = (path: string): string => relative(project.root, path).split(sep).join("/");
  const { layout, leftOut, links } = files;
  const graphs = join(project.dir, GRAPH_FOLDER);
  const made = (existsSync(graphs) ? readdirSync(graphs) : []).filter((name) => !name.startsWith(".")).map((name) => join(graphs, name));
  const target = join(project.dir, "target");
  const kept = GRAPH_FOLDER.split(sep).at(-1);
  const others = existsSync(target) ? readdirSync(target).filter((entry) => entry !== kept) : [];
  const ignore = [
    ...leftOut.flatMap(({ path }) => (path === target ? [] : [inRoot(path)])),
    ...others.map((entry) => inRoot(join(target, entry))),
  ];
  const main: UnitFolder = {
    path: inRoot(project.dir),
    ignore,
    files: [...files.files, ...made.map((path) => ({ path, source: path }))].map(({ path, source }) => ({ path: inRoot(path), source })),
    outputs: layout.outputs.map(inRoot),
    links: links.map(({ path, real }) => ({ path: inRoot(path), real })),
  };
  const beside = new Set([...layout.resources.map(({ path }) => path), layout.installed]);
  const outside = [...beside].filter((path) => !isInside(project.dir, path) && isInside(project.root, path) && existsSync(path));
  return [main, ...outside.map((path) => ({ path: inRoot(path), ignore: [], files: [], outputs: [], links: [] }))];
}

/** Why a step cannot even begin. */
export function loadFailure(errors: readonly LoadError[]): Failure {
  const message = errors.map((error) => [error.message, error.codeFrame, error.hint].filter((part) => part !== undefined).join("\n"));
  return { kind: "dbt", message: message.join("\n\n").slice(0, 20_000) };
}
