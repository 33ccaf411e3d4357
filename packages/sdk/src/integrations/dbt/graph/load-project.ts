/** A dbt project as its assets see it, at index time and again when a step runs: resolved, read, and mapped to asset keys. */
import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { UnitContext } from "../../../definitions/unit.ts";
import { mapAssets, type DbtAssetMap } from "./asset-keys.ts";
import type { DbtNode } from "./dbt-node.ts";
import type { ProjectFiles } from "./fingerprint.ts";
import { GRAPH_FOLDER, type DbtGraph } from "./graph-cache.ts";
import { loadGraph } from "./load-graph.ts";
import { resolveProject, type DbtProject, type ResolvedProject } from "../project.ts";

export interface LoadOptions {
  readonly project: DbtProject;
  readonly select?: string | undefined;
  readonly exclude?: string | undefined;
  readonly translate?: ((node: DbtNode) => { readonly key?: string | undefined }) | undefined;
  readonly sourceTests?: boolean | undefined;
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
    scratch: context.folders.scratch,
    signal: context.signal,
    anyEnvironment: context.anyEnvironment,
  });
  if (!result.ok) return result;
  const map = mapAssets(result.graph, (node) => options.translate?.(node).key, { sourceTests: options.sourceTests });
  return { ok: true, project, graph: result.graph, map, files: result.files };
}

/** The project's folder without what dbt writes into it, but with the graph that was read just now. */
export function publishedFolders(root: string, project: ResolvedProject, ignored: readonly string[]): { path: string; ignore: string[] }[] {
  const inRoot = (folder: string): string => relative(root, folder).split(sep).join("/");
  const target = join(project.dir, "target");
  const kept = GRAPH_FOLDER.split(sep).at(-1);
  const outputs = existsSync(target) ? readdirSync(target).filter((entry) => entry !== kept) : [];
  const ignore = [...ignored.filter((path) => path !== "target"), ...outputs.map((entry) => `target/${entry}`)];
  const folders = [{ path: inRoot(project.dir), ignore }];
  if (relative(project.dir, project.profilesDir).startsWith("..")) folders.push({ path: inRoot(project.profilesDir), ignore: [] });
  return folders;
}

/** Why a step cannot even begin. */
export function loadFailure(errors: readonly LoadError[]): Failure {
  const message = errors.map((error) => [error.message, error.codeFrame, error.hint].filter((part) => part !== undefined).join("\n"));
  return { kind: "dbt", message: message.join("\n\n").slice(0, 20_000) };
}
