/** dbt's parse state (partial_parse.msgpack), kept between invocations: with it an unchanged project costs half the time. */
import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { hashOf } from "./fingerprint.ts";
import type { ResolvedProject } from "./project.ts";

const STATE = "partial_parse.msgpack";

/** Beside the project: for the machine that publishes. */
export function projectParseCache(project: ResolvedProject): string {
  return join(project.dir, "target", "headgate-cache", STATE);
}

/** In the storage folder: for agents, whose copy of the project is replaced with every version. */
export function storageParseCache(project: ResolvedProject, folders: { readonly root: string; readonly storage: string }): string {
  return join(folders.storage, ".dbt", hashOf([relative(folders.root, project.dir), project.profileArgs]).slice(0, 16), STATE);
}

/** The first that exists. */
export function takeParseState(caches: readonly string[], targetPath: string): void {
  const cache = caches.find((file) => existsSync(file));
  if (cache !== undefined) copyQuietly(cache, join(targetPath, STATE));
}

export function keepParseState(targetPath: string, cache: string): void {
  copyQuietly(join(targetPath, STATE), cache);
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
