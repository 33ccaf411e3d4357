/** Calls back when a file that matters to the code locations of the project has changed. Many changes at once count as one. */
import { basename, extname, join, relative, resolve, sep } from "node:path";
import { watch } from "chokidar";
import type { Project } from "../project/project.ts";
import type { BuiltLocation } from "../publish/build-location.ts";

export interface ProjectWatcher {
  /** The files of the latest good build of each location. Null: at least one location does not build, so any source file matters. */
  setLocations(locations: readonly BuiltLocation[] | null): void;
  close(): Promise<void>;
}

const SETTLE_MS = 150;
const IGNORED_FOLDERS = new Set([
  "node_modules",
  ".git",
  ".headgate",
  ".venv",
  "venv",
  "target",
  "logs",
  "dbt_packages",
  "dist",
  "build",
  "__pycache__",
  ".turbo",
  ".vscode",
  ".idea",
]);
const CODE = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json"]);
const BESIDE = new Set([".sql", ".yml", ".yaml", ".py", ".csv", ".md", ".toml", ".jinja", ".txt"]);
/** Files in the root of the project that change the result of a build without being part of it. */
const ROOT_FILES = /^(headgate\.config\.[mc]?[tj]s|package\.json|tsconfig.*\.json|package-lock\.json)$/;

export async function watchProject(project: Project, dataFolder: string, onChange: () => void): Promise<ProjectWatcher> {
  let locations: readonly BuiltLocation[] | null = null;
  let timer: NodeJS.Timeout | null = null;
  const data = resolve(dataFolder);
  const watcher = watch(project.root, {
    ignoreInitial: true,
    ignored: (path) => path === data || path.startsWith(data + sep) || (path !== project.root && IGNORED_FOLDERS.has(basename(path))),
  });
  watcher.on("all", (_event, path) => {
    if (!matters(project, locations, resolve(path))) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
  });
  // A failed watch (too many files, folder deleted) must not end the server.
  watcher.on("error", () => undefined);
  await new Promise<void>((ready) => watcher.once("ready", () => ready()));
  return {
    setLocations: (changed) => {
      locations = changed;
    },
    close: async () => {
      if (timer !== null) clearTimeout(timer);
      await watcher.close();
    },
  };
}

/** Assets may write data below the project, which must not start a build. So only files of a build count. */
export function matters(project: Project, locations: readonly BuiltLocation[] | null, path: string): boolean {
  const inside = relative(project.root, path);
  const extension = extname(path);
  if (ROOT_FILES.test(inside)) return true;
  if (locations === null) return CODE.has(extension) || BESIDE.has(extension);
  return locations.some((location) => {
    if (location.inputs.includes(path) || location.files.some((file) => join(project.root, file.path) === path)) return true;
    if (!BESIDE.has(extension)) return false;
    return location.folders.some((folder) => {
      const start = resolve(project.root, folder.path);
      const ignored = folder.ignore.flatMap((prefix) => [resolve(project.root, prefix), resolve(start, prefix)]);
      return path.startsWith(start + sep) && !ignored.some((prefix) => path === prefix || path.startsWith(prefix + sep));
    });
  });
}
