/** A project: its root folder and the code locations that its `headgate.config.ts` names. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { ParsedConfig } from "@headgate/sdk/config";
import { AppError, type ErrorBody } from "@headgate/shared/domain/errors.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { problemsOfBuild, problemOfThrown } from "../publish/problems.ts";
import { sdkConditions } from "../publish/sdk-conditions.ts";
import { withBuildFolder } from "./build-folder.ts";

const CONFIG_NAMES = ["headgate.config.ts", "headgate.config.mts", "headgate.config.js", "headgate.config.mjs"] as const;

export type LocationConfig = ParsedConfig["locations"][number];
export interface Project extends ParsedConfig {
  readonly root: string;
  readonly configFile: string;
  /** Where the agent on this machine keeps what assets store, a folder for each location; left out when it is on another. */
  readonly storage?: string | undefined;
}

/** `from` is a project folder or a folder below it. Null if there is no project. */
export function findConfigFile(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    for (const name of CONFIG_NAMES) if (existsSync(join(folder, name))) return join(folder, name);
    if (dirname(folder) === folder) return null;
  }
}

/** A configuration that does not load has the same detailed errors as a code location. */
export class ConfigProblem extends AppError {
  readonly problems: readonly LoadError[];

  constructor(file: string, problems: readonly LoadError[]) {
    super("invalid_input", `${file} cannot be loaded.`, { details: { problems } });
    this.problems = problems;
  }
}

export async function loadProject(from: string): Promise<Project> {
  const start = resolve(from);
  if (!existsSync(start) || !statSync(start).isDirectory()) throw new AppError("invalid_input", `There is no folder ${start}.`);
  const configFile = findConfigFile(start);
  if (configFile === null) {
    throw new AppError(
      "invalid_input",
      `There is no headgate.config.ts in ${start} or above it. Run \`headgate init\` in an empty folder, or give the project folder with --project.`,
    );
  }
  const root = dirname(configFile);
  const config = await importConfig(root, configFile);
  for (const { name, entry } of config.locations) {
    if (existsSync(join(root, entry))) continue;
    throw new AppError(
      "invalid_input",
      `The code location '${name}' has the entry ${entry}, but ${join(root, entry)} does not exist. Correct it in ${configFile}.`,
    );
  }
  return { ...config, root, configFile };
}

/** Bundled before it is imported, so that TypeScript in it works on every supported Node, edits are seen again, and the project's own SDK checks it. */
async function importConfig(root: string, configFile: string): Promise<ParsedConfig> {
  const stub = [
    `import config from ${JSON.stringify(`./${basename(configFile)}`)};`,
    'import { parseConfig } from "@headgate/sdk/config";',
    `export default () => parseConfig(config, ${JSON.stringify(configFile)});`,
  ].join("\n");
  return withBuildFolder(root, async (folder) => {
    const file = join(folder, "config.mjs");
    try {
      const built = await build({
        absWorkingDir: root,
        stdin: { contents: stub, resolveDir: root, sourcefile: "headgate-config.js", loader: "js" },
        bundle: true,
        write: false,
        platform: "node",
        format: "esm",
        target: "node22",
        sourcemap: "inline",
        conditions: sdkConditions(root),
        logLevel: "silent",
        outfile: file,
      });
      writeFileSync(file, built.outputFiles[0]?.text ?? "");
    } catch (error) {
      throw new ConfigProblem(configFile, problemsOfBuild(error, root));
    }
    process.setSourceMapsEnabled(true);
    try {
      const module = (await import(pathToFileURL(file).href)) as { readonly default: () => ParsedConfig };
      return module.default();
    } catch (error) {
      // The project's copy of the SDK throws it, so it is not an instance of our class.
      if (isAppError(error)) throw AppError.from(error);
      throw new ConfigProblem(configFile, [problemOfThrown(error, { root, bundleFolder: folder })]);
    }
  });
}

function isAppError(error: unknown): error is Error & ErrorBody {
  return error instanceof Error && error.name === "AppError" && "code" in error;
}
