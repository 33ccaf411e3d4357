/** dbt's parse state (partial_parse.msgpack), kept between invocations: with it an unchanged project costs half the time. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { hashOf } from "./fingerprint.ts";
import { GRAPH_FOLDER } from "./graph-cache.ts";
import type { ResolvedProject } from "../project.ts";

const STATE = "partial_parse.msgpack";
const PACKED = ".msgpack.gz";

export function parseStateIn(targetPath: string): string {
  return join(targetPath, STATE);
}

/** Beside the project: for the machine that publishes. */
export function projectParseCache(project: Pick<ResolvedProject, "dir">): string {
  return join(project.dir, "target", "headgate-cache", STATE);
}

/** In the storage folder: for agents, whose copy of the project is replaced with every version. */
export function storageParseCache(project: ResolvedProject, folders: { readonly root: string; readonly storage: string }): string {
  return join(folders.storage, ".dbt", hashOf([relative(folders.root, project.dir), project.profileArgs]).slice(0, 16), STATE);
}

/**
 * Where it lies to be published: without it an agent's first command parses everything. What was published is not the same as what dbt
 * wrote, see `parse-program.ts`.
 */
export function publishedParseState(dir: string, state: { readonly files: string; readonly environment: string }): string {
  return join(dir, GRAPH_FOLDER, `${publishedStem(state.files)}${state.environment.slice(0, 12)}${PACKED}`);
}

function publishedStem(files: string): string {
  return `parse-${files.slice(0, 12)}-`;
}

/** The newest of what commands left behind and what was published, because each fits the project of its time. */
export function takeParseState(input: {
  readonly caches: readonly string[];
  readonly published: { readonly dir: string; readonly files: string } | null;
  readonly targetPath: string;
}): void {
  const cache = input.caches.find((file) => existsSync(file));
  const published = input.published && findPublished(input.published);
  const to = parseStateIn(input.targetPath);
  if (published !== null && (cache === undefined || statSync(published).mtimeMs > statSync(cache).mtimeMs)) unpackQuietly(published, to);
  else if (cache !== undefined) copyQuietly(cache, to);
}

function findPublished({ dir, files }: { readonly dir: string; readonly files: string }): string | null {
  const folder = join(dir, GRAPH_FOLDER);
  const stem = publishedStem(files);
  const name = existsSync(folder) ? readdirSync(folder).find((entry) => entry.startsWith(stem) && entry.endsWith(PACKED)) : undefined;
  return name === undefined ? null : join(folder, name);
}

export function keepParseState(targetPath: string, cache: string): void {
  copyQuietly(parseStateIn(targetPath), cache);
}

/** Several processes may do this at once, so the file appears whole or not at all. */
function copyQuietly(from: string, to: string): void {
  if (!existsSync(from)) return;
  try {
    mkdirSync(dirname(to), { recursive: true });
    const temporary = `${to}.${process.pid}.tmp`;
    copyFileSync(from, temporary);
    renameSync(temporary, to);
  } catch {
    // Without the cache the next parse is slower, nothing else.
  }
}

function unpackQuietly(from: string, to: string): void {
  try {
    writeFileSync(to, gunzipSync(readFileSync(from)));
  } catch {
    // As above.
  }
}
