/** What a user says about a dbt project, and what it means on this machine. */
import { isAbsolute, resolve } from "node:path";
import type { Env } from "../../values/log.ts";
import type { Folders } from "../../definitions/resource.ts";
import { DBT_MISSING_HINT, findDbt, type DbtProgram } from "./program.ts";

/** Options of `dbtProject`. */
export interface DbtProjectOptions {
  /** Folder with `dbt_project.yml`, relative to the project root. */
  readonly dir: string;
  /** Folder with `profiles.yml`, relative to the project root. Default: `dir`. */
  readonly profilesDir?: string | undefined;
  /** Profile to use. Default: the one that `dbt_project.yml` names. */
  readonly profile?: string | undefined;
  /** Target of the profile. Default: the one that the profile names. */
  readonly target?: string | undefined;
  /** Environment variables for dbt, e.g. the DuckDB file that `profiles.yml` reads with `env_var()`. */
  readonly env?: ((folders: Folders) => Readonly<Record<string, string>>) | undefined;
  /** Path of the `dbt` program. Default: `.venv/bin/dbt` of the project, then the PATH. */
  readonly executable?: string | undefined;
  /**
   * Keep a dbt that has read the project ready for the next command, which then starts in a fraction of the time and costs the memory
   * of one more dbt. Default: in the workers of an agent.
   */
  readonly warm?: boolean | undefined;
}

/** A dbt project, for `dbtAssets` and `dbtResource`. */
export interface DbtProject extends DbtProjectOptions {
  readonly kind: "dbt_project";
}

/**
 * Names a dbt project of this code location. Nothing is read until it is indexed or run.
 *
 * @example
 * export const project = dbtProject({
 *   dir: "dbt",
 *   env: ({ storage }) => ({ DUCKDB_PATH: join(storage, "lakehouse.duckdb") }),
 * });
 */
export function dbtProject(options: DbtProjectOptions): DbtProject {
  return { kind: "dbt_project", ...options };
}

/** A project with absolute folders, its program and the whole environment of its processes. */
export interface ResolvedProject {
  readonly dir: string;
  readonly profilesDir: string;
  readonly program: DbtProgram;
  readonly env: Record<string, string>;
  /** The variables that the project itself sets, with stand-ins for the folders of this machine. */
  readonly stableEnv: Readonly<Record<string, string>>;
  /** Folders that are others on each machine and that a connection may name, each with a stand-in. */
  readonly folders: readonly (readonly [string, string])[];
  /** `--profile` and `--target`. */
  readonly profileArgs: readonly string[];
  readonly warm: boolean;
}

const STAND_INS: Folders = { root: "/root", storage: "/storage", scratch: "/scratch" };

export type ResolveResult =
  | { readonly ok: true; readonly project: ResolvedProject }
  | { readonly ok: false; readonly message: string; readonly hint: string };

export function resolveProject(project: DbtProject, context: { readonly folders: Folders; readonly env: Env }): ResolveResult {
  const { folders } = context;
  const inRoot = (path: string): string => (isAbsolute(path) ? path : resolve(folders.root, path));
  const ownEnv = project.env?.(folders) ?? {};
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...context.env, ...ownEnv })) if (value !== undefined) env[name] = value;
  const program = findDbt({ executable: project.executable, root: folders.root, cwd: process.cwd(), path: env["PATH"] });
  if (program === null) {
    const wanted =
      project.executable === undefined
        ? "The program dbt was not found."
        : `The dbt program "${project.executable}" does not exist or cannot be executed.`;
    return { ok: false, message: wanted, hint: DBT_MISSING_HINT };
  }
  const dir = inRoot(project.dir);
  return {
    ok: true,
    project: {
      dir,
      profilesDir: project.profilesDir === undefined ? dir : inRoot(project.profilesDir),
      program,
      env: { ...env, DBT_SEND_ANONYMOUS_USAGE_STATS: "false", PYTHONUNBUFFERED: "1" },
      stableEnv: project.env?.(STAND_INS) ?? {},
      folders: [[folders.storage, STAND_INS.storage]],
      // Elsewhere (a test, a script) there is no next command.
      warm: project.warm ?? context.env["HEADGATE_WORKER_ID"] !== undefined,
      profileArgs: [
        ...(project.profile === undefined ? [] : ["--profile", project.profile]),
        ...(project.target === undefined ? [] : ["--target", project.target]),
      ],
    },
  };
}
