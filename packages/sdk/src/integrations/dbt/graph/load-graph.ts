/**
 * The graph of a dbt project: from the cache when nothing changed, else by `dbt parse` (and `dbt ls` where only a part is wanted).
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { notesOfDatabases } from "./database-paths.ts";
import { dbtManifestSchema, parseManifest, type DbtManifest } from "./dbt-manifest.ts";
import { hashOf, readProjectFiles, type ProjectFiles } from "./fingerprint.ts";
import { dropOtherEnvironments, readCachedGraph, writeCachedGraph, type DbtGraph } from "./graph-cache.ts";
import { problemsOfFiles } from "./check-files.ts";
import { dbtLoadError } from "../refusals/parse-error.ts";
import { projectParseCache, publishedParseState } from "./parse-cache.ts";
import { copyProject } from "./project-copy.ts";
import { DATABASE_PATH } from "../programs/database-places.ts";
import { PUBLISH_NOTE } from "../programs/parse-program.ts";
import { UNKNOWN_NAME } from "../programs/unknown-names-program.ts";
import { withoutVars, type ResolvedProject } from "../project.ts";
import { runDbt, type DbtRunOptions } from "../execution/run-dbt.ts";
import { secretHidden, secretInError, secretInNames } from "../refusals/secret-found.ts";
import { selectedNodes, type Listed } from "./selected-nodes.ts";
import { hideIn, hideStandIns, standInsFor, variablesRead, type StandIns } from "./stand-ins.ts";
import { readUnknownName, unknownNameWarnings } from "../refusals/unknown-names.ts";
import { unknownForm } from "../refusals/unknown-form.ts";

export interface LoadGraphOptions {
  readonly project: ResolvedProject;
  /** The folder as the user wrote it, for messages. */
  readonly shownDir: string;
  readonly select: string | undefined;
  readonly exclude: string | undefined;
  /** Name of a selector in selectors.yml. */
  readonly selector?: string | undefined;
  /** Steps give dbt variables of their own, which are not known before. */
  readonly givesVars?: boolean | undefined;
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Take a graph that was made in another environment: the one that was published is the one to follow. */
  readonly anyEnvironment: boolean;
}

export type LoadGraphResult =
  | { readonly ok: true; readonly graph: DbtGraph; readonly files: ProjectFiles }
  | { readonly ok: false; readonly errors: readonly LoadError[] };

export async function loadGraph(options: LoadGraphOptions): Promise<LoadGraphResult> {
  const { project } = options;
  if (!existsSync(join(project.dir, "dbt_project.yml"))) return { ok: false, errors: [noProject(options.shownDir)] };
  if (!options.anyEnvironment) {
    const installed = await installPackages(options);
    if (!installed.ok) return installed;
  }
  let files: ProjectFiles;
  try {
    files = readProjectFiles(project);
  } catch (error) {
    return {
      ok: false,
      errors: [
        dbtLoadError({ message: error instanceof Error ? error.message : String(error), dir: project.dir, shownDir: options.shownDir }),
      ],
    };
  }
  const problems = options.anyEnvironment ? [] : [...withoutProfiles(project), ...problemsOfFiles(project, files)];
  if (problems.length > 0) return { ok: false, errors: problems };
  const standIns = standInsFor(project.env, files);
  const place = {
    dir: project.dir,
    files: files.hash,
    selection: hashOf([options.select ?? null, options.exclude ?? null, options.selector ?? null, project.said]),
    environment: hashOf([variablesRead(files, { ...project.env, ...project.stableEnv }, standIns), project.profileArgs, files.profile]),
  };
  const cached = readCachedGraph(place, options.anyEnvironment);
  if (cached) {
    if (!options.anyEnvironment) dropOtherEnvironments(place);
    return { ok: true, graph: cached, files };
  }
  // An agent keeps what it reads to itself.
  const publish = options.anyEnvironment ? null : { standIns, state: publishedParseState(project.dir, place) };
  const parsed = await parse(options, { files, publish });
  if (!parsed.ok) return parsed;
  writeCachedGraph(place, parsed.graph);
  if (!options.anyEnvironment) dropOtherEnvironments(place);
  return { ok: true, graph: parsed.graph, files };
}

export function noProject(shownDir: string): LoadError {
  return {
    kind: "project",
    message: `There is no dbt_project.yml in "${shownDir}".`,
    hint: "Set dbtProject({ dir }) to the folder of the dbt project, relative to the project root.",
  };
}

/** A folder that the code names is the only one where dbt looks. */
function withoutProfiles({ root, profilesDir, profilesFound }: ResolvedProject): readonly LoadError[] {
  if (profilesFound || existsSync(join(profilesDir, "profiles.yml"))) return [];
  const message = `There is no profiles.yml in "${relative(root, profilesDir) || "."}", the folder that dbtProject({ profilesDir }) names.`;
  const hint =
    "Correct profilesDir, which is relative to the folder of headgate.config.ts, or leave it out where profiles.yml lies beside dbt_project.yml.";
  return [{ kind: "project", message, hint }];
}

/** At publishing time only: what an agent executes was published whole. */
async function installPackages(
  options: LoadGraphOptions,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly errors: readonly LoadError[] }> {
  const { dir } = options.project;
  const read = (name: string): string => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8") : "");
  const wanted = ["packages.yml", "dependencies.yml"].find((name) => /^packages:/m.test(read(name)));
  const folder = /^packages-install-path:\s*["']?([^"'\s#]+)/m.exec(read("dbt_project.yml"))?.[1] ?? "dbt_packages";
  if (wanted === undefined || existsSync(join(dir, folder))) return { ok: true };
  const result = await command(options, { args: ["deps"], targetPath: join(options.scratch, "dbt-deps"), files: null });
  if (result.ok) return { ok: true };
  return {
    ok: false,
    errors: result.errors.map((error) => ({
      ...error,
      message:
        `The packages in ${join(options.shownDir, wanted)} are not installed, and \`dbt deps\` could not do it. ${error.message}`.slice(
          0,
          20_000,
        ),
      hint: `Run \`dbt deps\` in "${options.shownDir}" where the network reaches the packages, and publish from there: they are published with the project.`,
    })),
  };
}

async function parse(
  given: LoadGraphOptions,
  state: { readonly files: ProjectFiles; readonly publish: { readonly standIns: StandIns; readonly state: string } | null },
): Promise<{ readonly ok: true; readonly graph: DbtGraph } | { readonly ok: false; readonly errors: readonly LoadError[] }> {
  const { files } = state;
  const standIns = state.publish?.standIns ?? {};
  // An agent has nothing but what was published.
  const copied = state.publish === null ? given.project : copyProject(given.project, files, join(given.scratch, "dbt-copy"));
  const options = { ...given, original: given.project, project: { ...copied, env: { ...given.project.env, ...standIns } } };
  const targetPath = join(options.scratch, "dbt-parse");
  const parsed = await command(options, { args: ["parse", "--write-json"], targetPath, files, publish: state.publish?.state });
  if (!parsed.ok) return { ok: false, errors: parsed.errors.map((error) => withoutStandIns(error, standIns)) };
  const written = parseManifest(readFileSync(join(targetPath, "manifest.json"), "utf8"));
  const read = dbtManifestSchema.safeParse(written);
  if (!read.success) return { ok: false, errors: [unknownForm(written, read.error, options.shownDir)] };
  const { manifest, hidden, names } = hideStandIns(slim(read.data), standIns);
  if (names.size > 0) return { ok: false, errors: [...names].map(([name, places]) => secretInNames(name, places)) };
  const warnings = [...[...hidden].map(([name, places]) => secretHidden(name, places)), ...parsed.notes];
  if (state.publish !== null)
    warnings.push(...notesOfDatabases(given.project, { paths: parsed.databases, keeps: given.project.program.kind === "driver" }));
  const list = async (selection: readonly string[]): Promise<Listed> => {
    const args = ["ls", "--output", "json", "--output-keys", "unique_id", ...selection];
    const listed = await command(options, { args, targetPath, files });
    if (!listed.ok) return { ok: false, errors: listed.errors.map((error) => withoutStandIns(error, standIns)) };
    return { ok: true, ids: listed.lines.flatMap((text) => /"unique_id":\s*"([^"]+)"/.exec(text)?.[1] ?? []) };
  };
  const { select, exclude, selector } = options;
  const selected = await selectedNodes({ manifest, select, exclude, selector, list });
  if (!selected.ok) return selected;
  const { ids } = selected;
  const runs = parsed.unknown.flatMap((text) => readUnknownName(text) ?? []).filter(({ node }) => ids === null || ids.has(node));
  const { shownDir, givesVars = false } = options;
  warnings.push(...unknownNameWarnings(runs, { shownDir, dir: given.project.dir, givesVars }));
  return { ok: true, graph: { manifest, selected: ids, warnings, profileArgs: withoutVars(options.project.profileArgs) } };
}

async function command(
  options: LoadGraphOptions & { readonly original?: ResolvedProject },
  given: Pick<DbtRunOptions, "targetPath" | "files" | "publish"> & { readonly args: readonly string[] },
): Promise<
  | {
      readonly ok: true;
      readonly lines: readonly string[];
      readonly notes: readonly string[];
      readonly databases: readonly string[];
      readonly unknown: readonly string[];
    }
  | { readonly ok: false; readonly errors: readonly LoadError[] }
> {
  const lines: string[] = [];
  const notes: string[] = [];
  const databases: string[] = [];
  const unknown: string[] = [];
  const errors: string[] = [];
  const exit = await runDbt({
    project: options.project,
    command: given.args,
    own: true,
    targetPath: given.targetPath,
    files: given.files,
    publish: given.publish,
    scratch: join(options.scratch, "dbt-driver"),
    parseCache: projectParseCache(options.original ?? options.project),
    countRows: false,
    signal: options.signal,
    onLine: (line) => {
      if (line.kind === "text") lines.push(line.text);
      if (line.kind === "message" && line.name === PUBLISH_NOTE) notes.push(line.text);
      else if (line.kind === "message" && line.name === UNKNOWN_NAME) unknown.push(line.text);
      else if (line.kind === "message" && line.name === DATABASE_PATH) databases.push(line.text);
      else if (line.kind === "message") (line.level === "error" ? errors : lines).push(line.text);
    },
  });
  if (exit.code === 0) return { ok: true, lines, notes, databases, unknown };
  const message =
    exit.error ?? (errors.length > 0 ? errors.join("\n") : exit.stderr.trim() || `dbt ended with exit code ${exit.code ?? "none"}.`);
  const own = options.original ?? options.project;
  const copy = options.original && { root: options.project.root, of: options.original.root };
  const files = given.files?.files.map(({ path }) => path);
  const { root, dir, profilesDir } = own;
  return { ok: false, errors: [dbtLoadError({ message, root, dir, profilesDir, copy, files, shownDir: options.shownDir })] };
}

function withoutStandIns(error: LoadError, standIns: StandIns): LoadError {
  const message = hideIn(error.message, standIns);
  if (message === error.message) return error;
  const named = Object.entries(standIns).filter(([, text]) => error.message.includes(text));
  return { ...error, message, hint: secretInError(named.map(([name]) => name)) };
}

/**
 * Tests carry their rendered macro call as code, which is not used; without it the graph is half as large. dbt's threads leave the
 * nodes in any order, and a published manifest must not depend on that.
 */
function slim(manifest: DbtManifest): DbtManifest {
  const nodes = Object.entries(manifest.nodes).map(
    ([id, node]) => [id, node.resource_type === "test" && node.attached_node ? { ...node, raw_code: undefined } : node] as const,
  );
  return dbtManifestSchema.parse(JSON.parse(canonicalJson({ ...manifest, nodes: Object.fromEntries(nodes) })));
}
