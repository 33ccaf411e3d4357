/** What a user says about a dbt project, and what it means on this machine. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import type { Env } from "../../values/log.ts";
import type { Folders } from "../../definitions/resource.ts";
import { DBT_MISSING_HINT, findDbt, type DbtProgram } from "./program.ts";

/** Options of `dbtProject`. */
export interface DbtProjectOptions {
  /** Folder with `dbt_project.yml`, relative to the project root. */
  readonly dir: string;
  /**
   * Folder with `profiles.yml`, relative to the project root. Default: the first that has one of `DBT_PROFILES_DIR`, `dir` and `~/.dbt`,
   * as dbt looks for it. A file outside the project root is not published: each agent needs one of its own there.
   */
  readonly profilesDir?: string | undefined;
  /** Profile to use. Default: what `DBT_PROFILE` says, else the one that `dbt_project.yml` names. */
  readonly profile?: string | undefined;
  /** Target of the profile. Default: what `DBT_TARGET` says, else the one that the profile names. */
  readonly target?: string | undefined;
  /**
   * dbt variables for every command, also while the project is read for publishing: what a person would give with `--vars`. Everyone who
   * sees the project may see them, so they are no place for secrets. Default: none.
   *
   * @example
   * dbtProject({ dir: "dbt", vars: { region: "eu", load_source_data: true } });
   */
  readonly vars?: Readonly<Record<string, unknown>> | undefined;
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

const PROJECT: OptionRules<DbtProjectOptions> = {
  dir: "text",
  profilesDir: "text",
  profile: "text",
  target: "text",
  vars: "object",
  env: "function",
  executable: "text",
  warm: "boolean",
};

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
  checkOptions(options, PROJECT, { call: "dbtProject", definer: dbtProject, what: "dbt project", needs: ["dir"] });
  return { kind: "dbt_project", ...options };
}

/** A project with absolute folders, its program and the whole environment of its processes. */
export interface ResolvedProject {
  /** The root of the code location's project. */
  readonly root: string;
  readonly dir: string;
  readonly profilesDir: string;
  /** No one named it: it was found where dbt looks. */
  readonly profilesFound: boolean;
  /** Where DuckDB files with a relative path are. */
  readonly kept: string;
  readonly program: DbtProgram;
  readonly env: Record<string, string>;
  /** The variables that the project itself sets, with stand-ins for the folders of this machine. */
  readonly stableEnv: Readonly<Record<string, string>>;
  /** Folders that are others on each machine and that a connection may name, each with a stand-in. */
  readonly folders: readonly (readonly [string, string])[];
  /** `--profile` and `--target`, also where a variable of the environment names them, and `--vars`. */
  readonly profileArgs: readonly string[];
  readonly vars: Readonly<Record<string, unknown>>;
  /** What the code says about profile, target and variables, so that it is the same on every machine. */
  readonly said: readonly unknown[];
  readonly warm: boolean;
}

const STAND_INS: Folders = { root: "/root", storage: "/storage", scratch: "/scratch" };

export type ResolveResult =
  | { readonly ok: true; readonly project: ResolvedProject }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Where its files are, which needs no dbt. */
export function placeOf(
  project: DbtProject,
  { folders, env: given }: { readonly folders: Folders; readonly env: Env },
): Pick<ResolvedProject, "root" | "dir" | "profilesDir" | "profilesFound" | "env"> {
  const { root } = folders;
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...given, ...project.env?.(folders) })) if (value !== undefined) env[name] = value;
  const dir = resolve(root, project.dir);
  const profilesDir = project.profilesDir === undefined ? foundProfiles({ root, dir, env }) : resolve(root, project.profilesDir);
  return { root, dir, profilesDir, profilesFound: project.profilesDir === undefined, env };
}

export function resolveProject(project: DbtProject, context: { readonly folders: Folders; readonly env: Env }): ResolveResult {
  const { folders } = context;
  const { dir, profilesDir, profilesFound, env } = placeOf(project, context);
  const program = findDbt({ executable: project.executable, root: folders.root, cwd: process.cwd(), path: env["PATH"] });
  if (program === null) {
    const wanted =
      project.executable === undefined
        ? "The program dbt was not found."
        : `The dbt program "${project.executable}" does not exist or cannot be executed.`;
    return { ok: false, message: wanted, hint: DBT_MISSING_HINT };
  }
  const vars = project.vars ?? {};
  return {
    ok: true,
    project: {
      root: folders.root,
      dir,
      profilesDir,
      profilesFound,
      kept: join(folders.storage, "dbt"),
      program,
      env: { ...env, DBT_SEND_ANONYMOUS_USAGE_STATS: "false", PYTHONUNBUFFERED: "1" },
      stableEnv: project.env?.(STAND_INS) ?? {},
      folders: [[folders.storage, STAND_INS.storage]],
      // Elsewhere (a test, a script) there is no next command.
      warm: project.warm ?? context.env["HEADGATE_WORKER_ID"] !== undefined,
      profileArgs: [
        ...valueArgs("--profile", project.profile ?? saidByEnvironment(env, "PROFILE")),
        ...valueArgs("--target", project.target ?? saidByEnvironment(env, "TARGET")),
        ...(Object.keys(vars).length === 0 ? [] : ["--vars", JSON.stringify(vars)]),
      ],
      vars,
      said: [project.profile ?? null, project.target ?? null, vars],
    },
  };
}

/** Where dbt looks for it: dbt takes a relative `DBT_PROFILES_DIR` from where it is started, which is either folder. */
function foundProfiles({ root, dir, env }: { readonly root: string; readonly dir: string; readonly env: Env }): string {
  const named = env["DBT_PROFILES_DIR"];
  const home = env["HOME"];
  const places = [...(named ? [resolve(dir, named), resolve(root, named)] : []), dir, ...(home ? [join(home, ".dbt")] : [])];
  return places.find((place) => existsSync(join(place, "profiles.yml"))) ?? dir;
}

/** dbt's newer name of a variable comes before the older one. */
function saidByEnvironment(env: Env, name: string): string | undefined {
  return env[`DBT_ENGINE_${name}`] || env[`DBT_${name}`] || undefined;
}

function valueArgs(option: string, value: string | undefined): string[] {
  return value === undefined ? [] : [option, value];
}

/** For a command that has variables of its own. */
export function withoutVars(args: readonly string[]): readonly string[] {
  const at = args.indexOf("--vars");
  return at < 0 ? args : args.toSpliced(at, 2);
}

/** With the profile and target of the environment in which the project was published, where this machine says nothing else. */
export function withPublishedProfile(project: ResolvedProject, published: readonly string[]): ResolvedProject {
  const added = ["--profile", "--target"].flatMap((option) => {
    const at = published.indexOf(option);
    const value = published[at + 1];
    return at < 0 || value === undefined || project.profileArgs.includes(option) ? [] : [option, value];
  });
  return added.length === 0 ? project : { ...project, profileArgs: [...added, ...project.profileArgs] };
}
