/** What `dbt_project.yml` says about folders: which dbt reads, which it writes, and where installed packages are. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { parseIgnoreRules, type IgnoreRule } from "@headgate/shared/files/ignore-rules.ts";
import { HEADGATE_IGNORE, type Verdict } from "@headgate/shared/files/list-files.ts";
import { parse } from "yaml";

/** Setting -> the folders without it, and the endings of files that dbt reads in them beside YAML and Markdown. */
const RESOURCES: Readonly<Record<string, { readonly folders: readonly string[]; readonly endings: readonly string[] }>> = {
  "model-paths": { folders: ["models"], endings: [".sql", ".py"] },
  "seed-paths": { folders: ["seeds"], endings: [".csv"] },
  "snapshot-paths": { folders: ["snapshots"], endings: [".sql"] },
  "macro-paths": { folders: ["macros"], endings: [".sql"] },
  "test-paths": { folders: ["tests"], endings: [".sql", ".csv"] },
  "analysis-paths": { folders: ["analyses"], endings: [".sql"] },
  "function-paths": { folders: ["functions"], endings: [".sql", ".py"] },
  "docs-paths": { folders: [], endings: [] },
  "asset-paths": { folders: [], endings: [] },
};
/** What dbt before 1.0 called a setting; it still reads these names. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  "model-paths": "source-paths",
  "seed-paths": "data-paths",
  "packages-install-path": "modules-path",
};
const WRITTEN = [".yml", ".yaml", ".md"];

export interface ResourceFolder {
  /** The setting that names it. */
  readonly setting: string;
  /** As it is written there. */
  readonly written: string;
  /** Absolute. */
  readonly path: string;
  readonly endings: readonly string[];
}

export interface ProjectLayout {
  readonly dir: string;
  readonly resources: readonly ResourceFolder[];
  /** Absolute. */
  readonly installed: string;
  /** Absolute folders that dbt writes. */
  readonly outputs: readonly string[];
  /** The rules of `.dbtignore`. */
  readonly ignored: readonly IgnoreRule[];
}

export function projectLayout(dir: string, env: Readonly<Record<string, string | undefined>>): ProjectLayout {
  const settings = settingsIn(dir);
  const setting = (name: string): unknown => settings[name] ?? settings[OLD_NAMES[name] ?? name];
  const text = (name: string, otherwise: string): string => {
    const value = setting(name);
    return typeof value === "string" ? rendered(value, env) : otherwise;
  };
  const ignore = join(dir, ".dbtignore");
  return {
    dir,
    resources: Object.entries(RESOURCES).flatMap(([name, { folders, endings }]) =>
      listOf(setting(name), folders).map((entry) => {
        const written = rendered(entry, env);
        return { setting: name, written, path: resolve(dir, written), endings: [...endings, ...WRITTEN] };
      }),
    ),
    installed: resolve(dir, text("packages-install-path", "dbt_packages")),
    outputs: [...new Set(["target", text("target-path", "target"), "logs", text("log-path", "logs")])].map((path) => resolve(dir, path)),
    ignored: existsSync(ignore) ? parseIgnoreRules(readFileSync(ignore, "utf8")) : [],
  };
}

function settingsIn(dir: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = parse(readFileSync(join(dir, "dbt_project.yml"), "utf8"), { logLevel: "silent" });
    return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    // dbt itself says what is wrong with it.
    return {};
  }
}

function listOf(value: unknown, otherwise: readonly string[]): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : otherwise;
}

const ENV_VAR = /\{\{-?\s*env_var\(\s*['"]([^'"]+)['"]\s*(?:,\s*['"]([^'"]*)['"]\s*)?\)\s*-?\}\}/g;

function rendered(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(ENV_VAR, (all: string, name: string, otherwise: string | undefined) => env[name] ?? otherwise ?? all);
}

export function isInside(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside === "" || (inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside));
}

/** Whether dbt takes a file of this name there for a part of the project. */
export function dbtReads(layout: ProjectLayout, path: string): boolean {
  const name = path.slice(path.lastIndexOf(sep) + 1);
  if (/^[.#~]/.test(name)) return false;
  const ending = name.slice(name.lastIndexOf(".")).toLowerCase();
  if (!layout.resources.some((resource) => resource.path !== path && isInside(resource.path, path) && resource.endings.includes(ending)))
    return false;
  const parts = relative(layout.dir, path).split(sep);
  return !parts.some((_, at) => {
    const part = parts.slice(0, at + 1).join("/");
    const isFolder = at < parts.length - 1;
    return layout.ignored.findLast((rule) => (isFolder || !rule.foldersOnly) && rule.pattern.test(part))?.negated === false;
  });
}

const KEPT = new Set([".dbtignore", HEADGATE_IGNORE]);

/** What of a dbt project's folder is published. Installed packages are dbt projects, too. */
export function projectVerdict(
  layout: ProjectLayout,
  env: Readonly<Record<string, string | undefined>>,
): (path: string, entry: { readonly folder: boolean; readonly link: boolean }) => Verdict {
  const packages = new Map<string, ProjectLayout>();
  const layoutOf = (path: string): ProjectLayout => {
    const inside = relative(layout.installed, path);
    if (inside === "" || !isInside(layout.installed, path)) return layout;
    const dir = join(layout.installed, inside.split(sep)[0] ?? "");
    if (dir === path) return layout;
    const known = packages.get(dir) ?? projectLayout(dir, env);
    packages.set(dir, known);
    return known;
  };
  return (path, { folder, link }) => {
    if (path === layout.installed) return "enter";
    if (folder && dirname(path) === layout.installed && !basename(path).startsWith(".")) return "take";
    const own = layoutOf(path);
    const isInResource = own.resources.some((entry) => isInside(entry.path, path));
    const isResource = own.resources.some((entry) => entry.path === path);
    const name = path.slice(path.lastIndexOf(sep) + 1);
    const isOutput = folder && own.outputs.includes(path) && !own.resources.some((entry) => isInside(path, entry.path));
    // A package that a package has installed is a matter of its own development.
    if (isOutput || (own !== layout && path === own.installed)) return "skip";
    if (isInResource && !isResource) {
      // dbt does not follow a link to a folder there, and reads folders whose names begin with a dot.
      if (folder && link) return "skip";
      return !folder && /^[.#~]/.test(name) && !KEPT.has(name) ? "skip" : null;
    }
    return !isResource && name.startsWith(".") && !KEPT.has(name) ? "skip" : null;
  };
}

/** The first file below a folder that dbt would read; null when there is none. */
export function firstRead(layout: ProjectLayout, folder: string): string | null {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    const found = entry.isDirectory() ? firstRead(layout, path) : dbtReads(layout, path) ? path : null;
    if (found !== null) return found;
  }
  return null;
}
