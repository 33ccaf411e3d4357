/**
 * Calls back when a file that is published, or would be, has changed: the files of each code location wherever they are, links and packages
 * of a workspace included. Many changes at once count as one.
 */
import { existsSync } from "node:fs";
import { basename, extname, join, relative, resolve, sep } from "node:path";
import { watch, type FSWatcher } from "chokidar";
import { leftOutByEntries, leftOutByName } from "@headgate/shared/files/left-out.ts";
import { HEADGATE_IGNORE, wouldList } from "@headgate/shared/files/list-files.ts";
import type { Project } from "../project/project.ts";
import type { BuiltLocation } from "../publish/build-location.ts";

export interface ProjectWatcher {
  /** The files of the latest good build of each location. Null: at least one location does not build, so any source file matters. */
  setLocations(locations: readonly BuiltLocation[] | null): void;
  close(): Promise<void>;
}

type Watched = Pick<BuiltLocation, "inputs" | "files" | "folders">;

const SETTLE_MS = 150;
const CODE = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json"]);
const BESIDE = new Set([".sql", ".yml", ".yaml", ".py", ".csv", ".md", ".toml", ".jinja", ".txt"]);
/** Files in the root of the project that change the result of a build without being part of it. */
const ROOT_FILES = /^(headgate\.config\.[mc]?[tj]s|package\.json|tsconfig.*\.json|package-lock\.json)$/;
const IGNORE_FILES = new Set([HEADGATE_IGNORE, ".gitignore", ".dbtignore"]);
/** What editors write beside a file while a user types. */
const EDITOR_FILE = /^[.#~]|~$|\.sw[a-z]$/;

export async function watchProject(project: Project, dataFolder: string, onChange: () => void): Promise<ProjectWatcher> {
  let locations: readonly BuiltLocation[] | null = null;
  let timer: NodeJS.Timeout | null = null;
  const data = resolve(dataFolder);
  const watcher = watch(project.root, {
    ignoreInitial: true,
    // What lies behind a link is watched where it is.
    followSymlinks: false,
    ignored: (path) => path === data || path.startsWith(data + sep) || (path !== project.root && isUnwatched(path)),
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
      addOutside(watcher, project.root, changed ?? []);
    },
    close: async () => {
      if (timer !== null) clearTimeout(timer);
      await watcher.close();
    },
  };
}

function isUnwatched(path: string): boolean {
  if (leftOutByName(basename(path), true) !== null) return true;
  return leftOutByEntries(["pyvenv.cfg", "conda-meta"].filter((entry) => existsSync(join(path, entry)))) !== null;
}

function addOutside(watcher: FSWatcher, root: string, locations: readonly Watched[]): void {
  const inside = (path: string): boolean => path.startsWith(root + sep);
  const places = new Set<string>();
  for (const { inputs, files, folders } of locations) {
    for (const input of inputs) places.add(input);
    for (const { source } of files) if ("file" in source) places.add(source.file);
    for (const { links = [] } of folders) for (const { real } of links) places.add(real);
  }
  watcher.add([...places].filter((place) => !inside(place)));
}

/** Assets may write data below the project, which must not start a build. So only what is or would be published counts. */
export function matters(project: Pick<Project, "root">, locations: readonly Watched[] | null, path: string): boolean {
  const { root } = project;
  const extension = extname(path);
  if (ROOT_FILES.test(relative(root, path))) return true;
  if (locations === null) return (CODE.has(extension) || BESIDE.has(extension)) && !/[\\/](?:target|logs)[\\/]/.test(relative(root, path));
  return locations.some(({ inputs, files, folders }) => {
    if (inputs.includes(path)) return true;
    if (files.some(({ path: published, source }) => join(root, published) === path || ("file" in source && source.file === path)))
      return !isGraph(relative(root, path));
    return folders.some((folder) => isPartOf(root, folder, path));
  });
}

/** What a build itself writes. */
function isGraph(path: string): boolean {
  return /(?:^|[\\/])target[\\/]headgate[\\/]/.test(path);
}

/** A file that came after the build, or one that was removed. */
function isPartOf(root: string, folder: Watched["folders"][number], path: string): boolean {
  const name = basename(path);
  if (EDITOR_FILE.test(name) && !IGNORE_FILES.has(name)) return false;
  const start = resolve(root, folder.path);
  // Below a link it is known by where the link stands.
  const link = path.startsWith(start + sep) ? undefined : folder.links?.find(({ real }) => path.startsWith(real + sep));
  const at = link === undefined ? path : join(root, link.path, path.slice(link.real.length));
  if (!at.startsWith(start + sep)) return false;
  if (IGNORE_FILES.has(name)) return true;
  const outputs = (folder.outputs ?? folder.ignore).flatMap((prefix) => [resolve(root, prefix), resolve(start, prefix)]);
  const isOutput = outputs.some((prefix) => at === prefix || at.startsWith(prefix + sep));
  return !isOutput && wouldList({ root, start }, at) && (folder.files !== undefined || BESIDE.has(extname(path)));
}
