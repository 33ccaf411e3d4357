/**
 * Decides which commands may use a warm dbt and which servers this process keeps: at most two, each for one project in one state (files,
 * profile, target, environment, installed dbt). A server is started when a command has ended that could have used it, so that it
 * competes with no other, and is used once it has read the project. Whatever goes wrong with it, the command gets a process of its own.
 */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { hashOf, type ProjectFiles } from "../graph/fingerprint.ts";
import { takeParseState } from "../graph/parse-cache.ts";
import type { ResolvedProject } from "../project.ts";
import { WarmServer } from "./warm-server.ts";

export interface WarmRequest {
  readonly project: ResolvedProject;
  /** `["build", "--select", ...]`. */
  readonly command: readonly string[];
  readonly files: ProjectFiles | null;
  /** What dbt's parse state does not depend on. */
  readonly folders: readonly (readonly [string, string])[];
  /** dbt's parse state of the last command. */
  readonly parseCache: string;
  /** `--project-dir` and the like, without folders of this one command. */
  parseArgs(folder: string): readonly string[];
}

const MAX_SERVERS = 2;
const IDLE_SECONDS = 300;
/** Servers that were replaced before anybody used them: something in their key changes with every command, so they never help. */
const MAX_WASTED = 2;

/** They take the project as it is in memory. `--vars` and the like may change it: values of variables are read while parsing, too. */
const COMMANDS = new Set(["build", "run", "test", "seed", "snapshot", "compile", "show", "source"]);
const CHANGES_THE_PROJECT = new Set([
  "--vars",
  "--no-partial-parse",
  "--target",
  "-t",
  "--profile",
  "--profiles-dir",
  "--project-dir",
  "--empty",
]);

interface Entry {
  readonly key: string;
  readonly place: string;
  readonly server: WarmServer;
}
/** Oldest use first. */
const entries: Entry[] = [];
const wasted = new Map<string, number>();
/** Keys whose project could not be read. */
const failed = new Set<string>();

export interface WarmPlace {
  readonly key: string;
  /** The project wherever its files are now: what may be replaced by a newer state. */
  readonly place: string;
  readonly request: WarmRequest;
}

/** Null: this command needs a process of its own. */
export function warmPlace(request: WarmRequest): WarmPlace | null {
  const { project, command, files } = request;
  if (!project.warm || project.program.kind !== "driver" || process.platform === "win32") return null;
  const [name = "", ...rest] = command;
  if (!COMMANDS.has(name) || rest.some((argument) => CHANGES_THE_PROJECT.has(argument.split("=")[0] ?? ""))) return null;
  if (files === null) return null;
  const read = Object.entries(project.env)
    .filter(([variable]) => files.envNames.includes(variable) || /^(DBT|PYTHON)_?/.test(variable))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const place = hashOf([project.dir, project.profilesDir, project.profileArgs, project.program.python]);
  return { key: hashOf([place, files.hash, files.profile, read]), place, request };
}

/** The server that is ready for this command. */
export function readyServer(place: WarmPlace): WarmServer | null {
  const at = entries.findIndex((entry) => entry.key === place.key);
  const entry = entries[at];
  if (entry === undefined) return null;
  if (entry.server.state === "ended" || !entry.server.current) {
    drop(at);
    return null;
  }
  if (entry.server.state !== "ready") return null;
  entries.push(...entries.splice(at, 1));
  return entry.server;
}

/** Starts the server for the next command of this kind, where there is none. */
export function prepareServer(place: WarmPlace): void {
  const { project, folders, parseCache, parseArgs } = place.request;
  if (project.program.kind !== "driver" || failed.has(place.key)) return;
  const known = entries.find((entry) => entry.key === place.key);
  if (known && known.server.state !== "ended" && known.server.current) return;
  for (let at = entries.length - 1; at >= 0; at--) if (entries[at]?.place === place.place) drop(at);
  if ((wasted.get(place.place) ?? 0) >= MAX_WASTED) return;
  while (entries.length >= MAX_SERVERS) drop(0);
  const folder = join(dirname(parseCache), `warm-${process.pid}-${place.key.slice(0, 8)}`);
  try {
    mkdirSync(folder, { recursive: true });
    takeParseState({ caches: [parseCache], published: null, targetPath: folder });
  } catch {
    return;
  }
  const server = new WarmServer({
    python: project.program.python,
    cwd: project.dir,
    env: project.env,
    parse: ["parse", ...parseArgs(folder), "--log-level", "none", "--no-write-json"],
    folders,
    folder,
    idleSeconds: IDLE_SECONDS,
  });
  entries.push({ key: place.key, place: place.place, server });
  void server.settled.then((state) => {
    if (state === "ended" && entries.some((entry) => entry.server === server)) failed.add(place.key);
  });
}

function drop(at: number): void {
  for (const { place, server } of entries.splice(at, 1)) {
    // One that ended by itself after idling was no waste.
    wasted.set(place, server.uses > 0 || server.state === "ended" ? 0 : (wasted.get(place) ?? 0) + 1);
    server.close();
  }
}

/** The servers of this process, for tests and measurements. */
export function warmServers(): readonly WarmServer[] {
  return entries.map((entry) => entry.server);
}

/** Ends them all. */
export async function closeWarmServers(): Promise<void> {
  const ending = entries.splice(0).map(({ server }) => {
    server.close();
    return server.ended;
  });
  wasted.clear();
  failed.clear();
  await Promise.all(ending);
}
