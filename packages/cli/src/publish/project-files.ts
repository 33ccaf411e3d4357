/** The files an agent needs beside the bundle: what the definitions name (a dbt project), the `include` patterns, files beside a module. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, realpathSync, statSync } from "node:fs";
import { glob } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { MAX_BLOB_BYTES } from "@headgate/shared/contract/http/routes.ts";
import { leftOutText } from "@headgate/shared/files/left-out.ts";
import { listFiles, type LeftOut, type ListedFile } from "@headgate/shared/files/list-files.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { NeededFolder } from "@headgate/shared/protocol/worker.ts";

export interface PublishedFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly executable: boolean;
  /** Its content: a file on disk or a text. */
  readonly source: { readonly file: string } | { readonly text: string };
}

export interface FilesRequest {
  readonly root: string;
  readonly folders: readonly NeededFolder[];
  readonly include: readonly string[];
  /** Absolute paths that modules name relative to themselves. */
  readonly beside: readonly string[];
}

export type CollectedFiles =
  | { readonly ok: true; readonly files: readonly PublishedFile[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly LoadError[] };

/** Sorted by path. */
export async function collectFiles(request: FilesRequest): Promise<CollectedFiles> {
  const { root } = request;
  const found = new Map<string, string>();
  const problems: LoadError[] = [];
  const warnings: string[] = [];
  const add = (files: readonly ListedFile[]): void => {
    for (const { path, source } of files) found.set(portable(relative(root, path)), source);
  };
  for (const folder of request.folders) {
    if (folder.files) for (const { path, source } of folder.files) found.set(path, source);
    else {
      const listed = listFolder(root, folder);
      if (typeof listed === "string") problems.push({ kind: "project", message: listed });
      else add(listed);
    }
  }
  const notes = (leftOut: readonly LeftOut[]): void => {
    for (const { path, kind } of leftOut)
      if (kind !== "tool" && kind !== "output" && kind !== "ignored")
        warnings.push(
          `${portable(relative(root, path))} is not published: it ${leftOutText(kind)}. ${remedyFor(portable(relative(root, path)))}`,
        );
  };
  for (const pattern of request.include) {
    const matches: string[] = [];
    for await (const match of glob(pattern, { cwd: root })) matches.push(match);
    if (matches.length === 0) problems.push(noMatch(pattern));
    for (const match of matches) {
      const start = resolve(root, match);
      if (!inside(root, start)) {
        problems.push(outside(root, pattern));
        break;
      }
      // The pattern is the user's own word, so .gitignore has nothing to say.
      const list = listFiles({ root, start, gitignore: false });
      add(list.files);
      if (list.leftOut.some(({ path }) => path === start)) problems.push(secretNamed(portable(match), pattern));
      else notes(list.leftOut);
    }
  }
  for (const start of request.beside) {
    if (!inside(root, start) || !existsSync(start)) continue;
    const list = listFiles({ root, start, gitignore: false });
    add(list.files);
    notes(list.leftOut);
  }
  const files: PublishedFile[] = [];
  for (const [path, source] of found) {
    const described = await describeFile(path, source);
    if ("kind" in described) problems.push(described);
    else files.push(described);
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), warnings: [...new Set(warnings)] };
}

export function textFile(path: string, text: string): PublishedFile {
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { path, sha256, size: Buffer.byteLength(text), executable: false, source: { text } };
}

/** A text: why it cannot be listed. */
function listFolder(root: string, folder: NeededFolder): readonly ListedFile[] | string {
  const start = resolve(root, folder.path);
  if (!inside(root, start)) return outside(root, folder.path).message;
  if (!existsSync(start)) return `The code location needs the folder ${folder.path}, but ${start} does not exist.`;
  // An ignored prefix may be relative to the project or to the folder itself.
  const ignored = folder.ignore.flatMap((prefix) => [resolve(root, prefix), resolve(start, prefix)]);
  const isIgnored = (path: string): boolean => ignored.some((prefix) => path === prefix || path.startsWith(prefix + sep));
  return listFiles({ root, start, gitignore: false, verdict: (path) => (isIgnored(path) ? "skip" : null) }).files;
}

function inside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

function outside(root: string, named: string): LoadError {
  return {
    kind: "project",
    message: `'${named}' is outside the project ${root}; only files below the project can be published.`,
    hint: "Move it below the folder of headgate.config.ts, or put headgate.config.ts into a folder that contains both.",
  };
}

function noMatch(pattern: string): LoadError {
  return {
    kind: "project",
    message: `The include pattern '${pattern}' in headgate.config.ts matches no file.`,
    hint: "Correct or remove it.",
  };
}

function secretNamed(path: string, pattern: string): LoadError {
  return {
    kind: "project",
    message: `The include pattern '${pattern}' in headgate.config.ts names ${path}, which looks like a secret and would be published.`,
    file: path,
    hint: `Secrets come from the environment of the agent. ${remedyFor(path)}`,
  };
}

function remedyFor(path: string): string {
  return `To publish it all the same, write the line "!/${path}" into a file .headgateignore beside headgate.config.ts.`;
}

async function describeFile(path: string, file: string): Promise<PublishedFile | LoadError> {
  const { size, mode } = statSync(file);
  if (size > MAX_BLOB_BYTES) {
    return {
      kind: "project",
      message: `${path} has ${size} bytes; a published file may have at most ${MAX_BLOB_BYTES}.`,
      file: path,
      hint: `Leave it out with the line "/${path}" in a file .headgateignore beside headgate.config.ts, and read it from a storage that the agent can access.`,
    };
  }
  if (path.includes("\\") || path.length > 1024) {
    return {
      kind: "project",
      message: `The name of ${path} cannot be published: it ${path.includes("\\") ? "contains a backslash" : "has more than 1024 characters"}.`,
      hint: "Rename the file, or leave it out with a file .headgateignore beside headgate.config.ts.",
    };
  }
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { path, sha256: hash.digest("hex"), size, executable: (mode & 0o111) !== 0, source: { file: realpathSync(file) } };
}

function portable(path: string): string {
  return path.split(sep).join("/");
}
