/** Notices that a dbt project changed: a hash over its files, and the names of the environment variables it reads. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

export interface ProjectFiles {
  /** Hash of all files that matter to dbt. */
  readonly hash: string;
  /** Names inside `env_var('...')`, sorted. */
  readonly envNames: readonly string[];
  /** There are others, whose names are computed. */
  readonly computesEnvNames: boolean;
  /** Paths, relative to the project's folder, that are no part of it: outputs, databases, caches. */
  readonly ignored: readonly string[];
  /** Something dbt reads lies outside the folder, so that the hash does not know of it. */
  readonly reachesOut: boolean;
  /** Its Jinja reads more of the connection than what it is called, so what dbt parsed is of use for this one connection only. */
  readonly readsConnection: boolean;
}

/** Within a YAML text its quotes may be escaped or doubled. A name without quotes is known only to dbt. */
const ENV_VAR = /\benv_var\b(?:\(\s*(?:\\?['"]){1,2}([A-Za-z_][A-Za-z0-9_]*)(?:\\?['"]){1,2}\s*[,)])?/g;
/** `target` of anything else, or handed on as a whole. */
const CONNECTION = /\btarget\s*(?:\.\s*(?!(?:name|schema|database|type|profile_name|threads)\b)|\[|\||\)|,|[-+]?[%}]\})/;
const IGNORED_FOLDERS = new Set(["target", "logs", "__pycache__", "node_modules"]);
const DATABASE = /\.(duckdb|duckdb\.wal|duckdb\.lock|db\.wal)$/;

export function readProjectFiles(dir: string, profilesDir: string): ProjectFiles {
  const hash = createHash("sha256");
  const names = new Set<string>();
  let computesEnvNames = false;
  const ignored: string[] = [];
  let reachesOut = false;
  let readsConnection = false;
  const read = (file: string, label: string): void => {
    const content = readFileSync(file);
    hash.update(`${label}\0${content.length}\0`).update(content);
    if (label === "dbt_project.yml" && content.includes("../")) reachesOut = true;
    const text = content.toString("utf8");
    for (const [, name] of text.matchAll(ENV_VAR)) {
      if (name === undefined) computesEnvNames = true;
      else names.add(name);
    }
    readsConnection ||= CONNECTION.test(text);
  };
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const file = join(folder, entry.name);
      const path = relative(dir, file).split(sep).join("/");
      const skip = entry.name.startsWith(".") || (entry.isDirectory() ? IGNORED_FOLDERS.has(entry.name) : DATABASE.test(entry.name));
      if (skip) ignored.push(path);
      else if (entry.isDirectory()) walk(file);
      else if (entry.isFile()) read(file, path);
      else if (entry.isSymbolicLink()) reachesOut = true;
    }
  };
  walk(dir);
  if (relative(dir, profilesDir).startsWith("..")) read(join(profilesDir, "profiles.yml"), "profiles.yml");
  return { hash: hash.digest("hex"), envNames: [...names].sort(), computesEnvNames, ignored, reachesOut, readsConnection };
}

export function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
