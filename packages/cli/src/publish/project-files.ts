/** The files an agent needs beside the bundle: folders that the definitions name (a dbt project) and the `include` patterns. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { glob, readdir } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { MAX_BLOB_BYTES } from "@headgate/shared/contract/http/routes.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";

export interface PublishedFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  /** Where its bytes are: a file on disk or a text. */
  readonly source: { readonly file: string } | { readonly text: string };
}

/** Never worth shipping, wherever they are. */
const IGNORED_NAMES = new Set([".git", "node_modules", "__pycache__", ".DS_Store", ".headgate", ".venv"]);

export interface FilesRequest {
  readonly root: string;
  readonly folders: readonly { readonly path: string; readonly ignore: readonly string[] }[];
  readonly include: readonly string[];
}

/** Sorted by path. */
export async function collectFiles({ root, folders, include }: FilesRequest): Promise<readonly PublishedFile[]> {
  const paths = new Set<string>();
  for (const folder of folders) {
    const start = resolve(root, folder.path);
    requireInside(root, start, folder.path);
    if (!existsSync(start))
      throw new AppError("invalid_input", `The code location needs the folder ${folder.path}, but ${start} does not exist.`);
    // An ignored prefix may be written from the project or from the folder itself.
    const ignored = folder.ignore.flatMap((prefix) => [resolve(root, prefix), resolve(start, prefix)]);
    await walk(start, (path) => ignored.some((prefix) => path === prefix || path.startsWith(prefix + sep)), paths);
  }
  for (const pattern of include) {
    let matched = false;
    for await (const match of glob(pattern, { cwd: root })) {
      const path = resolve(root, match);
      requireInside(root, path, pattern);
      matched = true;
      if (statSync(path).isDirectory()) await walk(path, () => false, paths);
      else paths.add(path);
    }
    if (!matched) throw new AppError("invalid_input", `The include pattern '${pattern}' in headgate.config.ts matches no file.`);
  }
  const files = await Promise.all([...paths].map((path) => describeFile(root, path)));
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function textFile(path: string, text: string): PublishedFile {
  return { path, sha256: createHash("sha256").update(text).digest("hex"), size: Buffer.byteLength(text), source: { text } };
}

function requireInside(root: string, path: string, named: string): void {
  const inside = relative(root, path);
  if (inside === ".." || inside.startsWith(`..${sep}`)) {
    throw new AppError("invalid_input", `'${named}' is outside the project ${root}; only files below the project can be published.`);
  }
}

async function walk(folder: string, ignored: (path: string) => boolean, into: Set<string>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (IGNORED_NAMES.has(entry.name) || ignored(path)) continue;
    if (entry.isDirectory()) await walk(path, ignored, into);
    else if (entry.isFile()) into.add(path);
  }
}

async function describeFile(root: string, path: string): Promise<PublishedFile> {
  const name = relative(root, path).split(sep).join("/");
  const { size } = statSync(path);
  if (size > MAX_BLOB_BYTES) {
    throw new AppError(
      "too_large",
      `${name} has ${size} bytes; a published file may have at most ${MAX_BLOB_BYTES}. Leave it out, or read it from a storage the agent reaches.`,
    );
  }
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { path: name, sha256: hash.digest("hex"), size, source: { file: path } };
}
