/** Builds the sources of a code location into a complete manifest with its files, or reports all reasons why that fails. */
import { join } from "node:path";
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import { hideValues, secretVariables } from "@headgate/shared/domain/secret-variables.ts";
import { MANIFEST_MAX_BYTES, manifestSchema, type LoadError, type Manifest } from "@headgate/shared/manifest/schema.ts";
import { manifestOnWire } from "@headgate/shared/manifest/wire.ts";
import type { IndexResult } from "@headgate/shared/protocol/worker.ts";
import { withBuildFolder } from "../project/build-folder.ts";
import type { LocationConfig, Project } from "../project/project.ts";
import { BUNDLE_FILE, bundleLocation } from "./bundle.ts";
import type { ExternalPackage } from "./external-packages.ts";
import { readGit } from "./git.ts";
import { INDEX_MEMORY_MB, INDEX_TIMEOUT_MS, indexBundle } from "./index-location.ts";
import { collectFiles, textFile, type PublishedFile } from "./project-files.ts";

export interface BuiltLocation {
  readonly name: string;
  readonly manifest: Manifest;
  readonly files: readonly PublishedFile[];
  readonly externals: readonly ExternalPackage[];
  /** What to watch for changes: the modules of the project (absolute paths) and the folders beside them. */
  readonly inputs: readonly string[];
  readonly folders: IndexResult["folders"];
  /** Worth knowing before it becomes active, but not an error. */
  readonly warnings: readonly string[];
}
export type BuildResult =
  | { readonly ok: true; readonly location: BuiltLocation }
  | { readonly ok: false; readonly name: string; readonly problems: readonly LoadError[] };

export async function buildLocation(project: Project, location: LocationConfig, env: NodeJS.ProcessEnv): Promise<BuildResult> {
  const result = await build(project, location, env);
  if (result.ok) return result;
  // Errors are sent too, and a message of user code may contain a secret.
  const hide = hideValues(secretVariables(env).map(({ value }) => value));
  return { ...result, problems: result.problems.map((problem) => ({ ...problem, ...shownTexts(problem, hide) })) };
}

function shownTexts({ message, stack, codeFrame, hint }: LoadError, hide: (text: string) => string): Partial<LoadError> {
  const texts = Object.entries({ message, stack, codeFrame, hint });
  return Object.fromEntries(texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, hide(text)]])));
}

async function build(project: Project, location: LocationConfig, env: NodeJS.ProcessEnv): Promise<BuildResult> {
  const { root } = project;
  const { name } = location;
  const bundled = await bundleLocation(root, location);
  if (!bundled.ok) return { ok: false, name, problems: bundled.problems };
  const { bundle } = bundled;
  const timeoutMs = location.indexTimeoutSeconds === undefined ? INDEX_TIMEOUT_MS : location.indexTimeoutSeconds * 1000;
  return withBuildFolder(root, async (folder) => {
    const storage = project.storage === undefined ? undefined : join(project.storage, name);
    const indexed = await indexBundle(bundle, { root, folder, storage, timeoutMs, memoryMb: INDEX_MEMORY_MB, env });
    if (indexed.draft === null || indexed.errors.length > 0)
      return { ok: false, name, problems: indexed.errors.map((problem) => placed(problem, location.entry)) };
    if (indexed.draft.location !== name) return { ok: false, name, problems: [otherName(name, indexed.draft.location, location.entry)] };
    const collected = await collectFiles({ root, folders: indexed.folders, include: location.include, beside: bundle.beside });
    if (!collected.ok) return { ok: false, name, problems: collected.problems };
    const files = [
      ...collected.files.filter((file) => file.path !== BUNDLE_FILE),
      textFile(BUNDLE_FILE, bundle.code),
      textFile(`${BUNDLE_FILE}.map`, bundle.map),
    ].sort((a, b) => (a.path < b.path ? -1 : 1));
    const parsed = manifestSchema.safeParse({
      ...indexed.draft,
      location: name,
      entry: BUNDLE_FILE,
      files: files.map(({ path, sha256, size, executable }) => ({ path, sha256, size, ...(executable && { executable }) })),
      git: await readGit(root),
      runtime: { node: process.versions.node.split(".")[0] ?? "" },
    });
    if (!parsed.success) return { ok: false, name, problems: parsed.error.issues.slice(0, 20).map(invalid) };
    const bytes = Buffer.byteLength(canonicalJson(manifestOnWire(parsed.data)));
    if (bytes > MANIFEST_MAX_BYTES) {
      const message = `The manifest has ${bytes} bytes; at most ${MANIFEST_MAX_BYTES} are allowed. Split the project into several code locations.`;
      return { ok: false, name, problems: [{ kind: "invalid_definition", message }] };
    }
    const { folders } = indexed;
    const warnings = [...(indexed.warnings ?? []), ...bundle.warnings, ...collected.warnings];
    return {
      ok: true,
      location: { name, manifest: parsed.data, files, externals: bundle.externals, inputs: bundle.inputs, folders, warnings },
    };
  });
}

/** Errors of the whole location are reported at its entry module. */
function placed(problem: LoadError, entry: string): LoadError {
  return problem.kind === "invalid_definition" && problem.file === undefined ? { ...problem, file: entry } : problem;
}

function otherName(name: string, own: string, entry: string): LoadError {
  return {
    kind: "invalid_definition",
    message: `headgate.config.ts calls this code location '${name}', but ${entry} defines the code location '${own}'.`,
    hint: `Remove the name from ${entry} (headgate.config.ts is enough), or give both the same name.`,
    file: entry,
  };
}

function invalid(issue: { readonly path: readonly PropertyKey[]; readonly message: string }): LoadError {
  return { kind: "invalid_definition", message: `${issue.path.map(String).join(".")}: ${issue.message}` };
}
