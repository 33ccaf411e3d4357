/** What a dbt project consists of: the list of its files, which is published, hashed and parsed, and what they read from outside. */
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { HEADGATE_IGNORE, listFiles, type FileList, type LeftOut, type ListedFile } from "@headgate/shared/files/list-files.ts";
import { VERSION_FILE } from "@headgate/shared/protocol/constants.ts";
import type { ResolvedProject } from "../project.ts";
import { isInside, projectLayout, projectVerdict, type ProjectLayout } from "./project-layout.ts";

export interface ProjectFiles {
  /** Hash of all files that matter to dbt. */
  readonly hash: string;
  /** Hash of a profiles.yml that is no part of what is published; null where it is. */
  readonly profile: string | null;
  /** Names inside `env_var('...')`, sorted. */
  readonly envNames: readonly string[];
  /** There are others, whose names are computed. */
  readonly computesEnvNames: boolean;
  /** Its Jinja reads more of the connection than what it is called, so what dbt parsed is of use for this one connection only. */
  readonly readsConnection: boolean;
  readonly layout: ProjectLayout;
  /** Exactly what is published, apart from the graph that is read from it. */
  readonly files: readonly ListedFile[];
  readonly leftOut: readonly LeftOut[];
  readonly links: FileList["links"];
}

/** Within a YAML text its quotes may be escaped or doubled. A name without quotes is known only to dbt. */
const ENV_VAR = /\benv_var\b(?:\(\s*(?:\\?['"]){1,2}([A-Za-z_][A-Za-z0-9_]*)(?:\\?['"]){1,2}\s*[,)])?/g;
/** `target` of anything else, or handed on as a whole. */
const CONNECTION = /\btarget\s*(?:\.\s*(?!(?:name|schema|database|type|profile_name|threads)\b)|\[|\||\)|,|[-+]?[%}]\})/;
/** What dbt renders. Anything else, a Parquet file or a picture, is only hashed. */
const RENDERED = /\.(?:sql|ya?ml|md|py|csv)$/i;
const PIECE = 1 << 20;

export type ProjectPlace = Pick<ResolvedProject, "root" | "dir" | "profilesDir" | "env"> & { readonly profilesFound?: boolean };

export function readProjectFiles(project: ProjectPlace): ProjectFiles {
  const { dir, profilesDir } = project;
  const list = listProject(project);
  const hash = createHash("sha256");
  const names = new Set<string>();
  let computesEnvNames = false;
  let readsConnection = false;
  const search = (content: Buffer): void => {
    const text = content.toString("utf8");
    for (const [, name] of text.matchAll(ENV_VAR)) {
      if (name === undefined) computesEnvNames = true;
      else names.add(name);
    }
    readsConnection ||= CONNECTION.test(text);
  };
  for (const { path, source } of list.files) {
    const label = relative(dir, path).split(sep).join("/");
    if (!RENDERED.test(label)) {
      hash.update(`${label}\0`).update(hashOfFile(source)).update("\0");
      continue;
    }
    const content = readFileSync(source);
    hash.update(`${label}\0${content.length}\0`).update(content);
    search(content);
  }
  const outer = join(profilesDir, "profiles.yml");
  let profile: string | null = null;
  if (!list.files.some(({ path }) => path === outer) && existsSync(outer)) {
    const content = readFileSync(outer);
    profile = createHash("sha256").update(content).digest("hex");
    search(content);
  }
  return { hash: hash.digest("hex"), profile, envNames: [...names].sort(), computesEnvNames, readsConnection, ...list };
}

function listProject({ root, dir, profilesDir, env }: ProjectPlace): Pick<ProjectFiles, "layout" | "files" | "leftOut" | "links"> {
  const layout = projectLayout(dir, env);
  const verdict = projectVerdict(layout, env);
  // What an agent has is what was published, although its folder may lie in a user's repository.
  const gitignore = !existsSync(join(root, VERSION_FILE));
  const lists = [listFiles({ root, start: dir, gitignore, verdict })];
  const outside = new Set([...layout.resources.map(({ path }) => path), layout.installed].filter((path) => !isInside(dir, path)));
  for (const start of outside)
    if (isInside(root, start) && existsSync(start))
      lists.push(listFiles({ root, start, gitignore: gitignore && start !== layout.installed, verdict }));
  const beside: string[] = [];
  if (isInside(root, profilesDir) && !isInside(dir, profilesDir)) beside.push(join(profilesDir, "profiles.yml"));
  // They decide on an agent, too, what is part of the project.
  for (let folder = dirname(dir); isInside(root, folder); folder = dirname(folder)) beside.push(join(folder, HEADGATE_IGNORE));
  for (const start of beside) if (existsSync(start)) lists.push(listFiles({ root, start, gitignore: false }));
  const files = new Map(lists.flatMap((list) => list.files.map((file) => [file.path, file])));
  return {
    layout,
    files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    leftOut: lists.flatMap(({ leftOut }) => leftOut),
    links: lists.flatMap(({ links }) => links),
  };
}

/** In pieces: a file may be larger than what fits into one text or buffer. */
function hashOfFile(file: string): string {
  const hash = createHash("sha256");
  const piece = Buffer.alloc(PIECE);
  const handle = openSync(file, "r");
  try {
    for (let length = readSync(handle, piece); length > 0; length = readSync(handle, piece)) hash.update(piece.subarray(0, length));
  } finally {
    closeSync(handle);
  }
  return hash.digest("hex");
}

export function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
