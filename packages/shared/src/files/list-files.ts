/**
 * Lists what is published of a folder: the one walk that the upload, the hash of a dbt project, its copy for parsing and the watcher of
 * `headgate dev` share. Links are followed and become what they point to.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync, type Dirent } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { decideByRules, parseIgnoreRules, type Decision, type IgnoreFile } from "./ignore-rules.ts";
import { HEAD_BYTES, leftOutByContent, leftOutByEntries, leftOutByName, type LeftOutKind } from "./left-out.ts";

export interface ListedFile {
  /** Where it stands in the project; absolute. */
  readonly path: string;
  /** Its file on disk, behind all links. */
  readonly source: string;
}

export interface LeftOut {
  readonly path: string;
  readonly folder: boolean;
  readonly kind: LeftOutKind;
  /** The absolute path of an ignore file and its line, joined with a colon, if that file leaves it out. */
  readonly rule: string | null;
}

export interface FileList {
  /** Sorted by path. */
  readonly files: readonly ListedFile[];
  readonly leftOut: readonly LeftOut[];
  /** Folders that were reached through a link: where they stand in the project, and where they are. */
  readonly links: readonly { readonly path: string; readonly real: string }[];
}

/** What the owner of a folder knows better. `take`: whatever .gitignore says; `enter`: so is everything below; `skip`: an output. */
export type Verdict = "take" | "enter" | "skip" | null;

export interface ListOptions {
  /** Absolute. Ignore files from here to the folder count, and .gitignore files above it up to the folder of the repository. */
  readonly root: string;
  /** Absolute; a folder or a file. It is listed whatever ignore files say of itself. */
  readonly start: string;
  /** False: only .headgateignore counts. */
  readonly gitignore: boolean;
  readonly verdict?: ((path: string, entry: { readonly folder: boolean; readonly link: boolean }) => Verdict) | undefined;
}

export const HEADGATE_IGNORE = ".headgateignore";
const GIT_IGNORE = ".gitignore";

interface Rules {
  readonly git: readonly IgnoreFile[] | null;
  readonly headgate: readonly IgnoreFile[];
}

interface Place {
  readonly folder: string;
  /** The folder behind all links. */
  readonly real: string;
  readonly rules: Rules;
  /** The real folders around it. */
  readonly above: readonly string[];
}

export function listFiles(options: ListOptions): FileList {
  const files: ListedFile[] = [];
  const leftOut: LeftOut[] = [];
  const links: { path: string; real: string }[] = [];
  const leave = (left: Omit<LeftOut, "rule">, decision?: Decision): void =>
    void leftOut.push({ ...left, rule: decision === undefined ? null : `${decision.file}:${decision.line}` });

  const walk = (at: Place, entries: readonly Dirent[]): void => {
    const inside = { ...at, rules: withRulesOf(at.rules, at.folder, at.real) };
    for (const entry of entries) visit(entry, inside);
  };
  const visit = (entry: Dirent, { folder: parent, real: realParent, rules, above }: Place): void => {
    const path = join(parent, entry.name);
    const target = targetOf(entry, join(realParent, entry.name));
    if (target === null) return;
    const { source, isFolder: folder, link } = target;
    const verdict = options.verdict?.(path, { folder, link }) ?? null;
    if (verdict === "skip") return leave({ path, folder, kind: "output" });
    const own = decideByRules(rules.headgate, path, folder);
    if (own?.ignored) return leave({ path, folder, kind: "ignored" }, own);
    const wanted = own !== null;
    const git = wanted || verdict !== null || rules.git === null ? null : decideByRules(rules.git, path, folder);
    if (git?.ignored) return leave({ path, folder, kind: "ignored" }, git);
    const byName = leftOutByName(entry.name, folder);
    if (byName === "tool" || (byName !== null && !wanted)) return leave({ path, folder, kind: byName });
    if (!folder) {
      const byContent = wanted ? null : leftOutByContent(entry.name, headOf(source));
      if (byContent !== null) return leave({ path, folder, kind: byContent });
      return void files.push({ path, source });
    }
    // A link to a folder around it leads in circles. A package may contain the project that tests it, which is left out of the package.
    const isAround = link && above.some((at) => at.startsWith(`${source}${sep}`));
    if (above.includes(source) || (isAround && verdict !== "take")) return;
    const entries = entriesOf(source);
    const byEntries = wanted ? null : leftOutByEntries(entries.map(({ name }) => name));
    if (byEntries !== null) return leave({ path, folder, kind: byEntries });
    if (link) links.push({ path, real: source });
    const inside = verdict === "enter" ? { ...rules, git: null } : rules;
    walk({ folder: path, real: source, rules: inside, above: [...above, source] }, entries);
  };

  const real = realpathSync(options.start);
  const rules = rulesAround(options);
  if (statSync(real).isDirectory()) {
    if (real !== options.start) links.push({ path: options.start, real });
    walk({ folder: options.start, real, rules, above: [real] }, entriesOf(real));
  } else if (isSecretFile(options.start, real) && decideByRules(rules.headgate, options.start, false)?.ignored !== false)
    leave({ path: options.start, folder: false, kind: "secret" });
  else files.push({ path: options.start, source: real });
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)), leftOut, links };
}

/** Says whether a new file below `start` would be listed. The watcher asks it; only .headgateignore counts. */
export function wouldList({ root, start }: Pick<ListOptions, "root" | "start">, path: string): boolean {
  let rules = rulesAround({ root, start, gitignore: false });
  let folder = start;
  const names = path.slice(start.length + 1).split("/");
  for (const [index, name] of names.entries()) {
    rules = withRulesOf(rules, folder, folder);
    folder = join(folder, name);
    const isFolder = index < names.length - 1;
    const own = decideByRules(rules.headgate, folder, isFolder);
    const byName = leftOutByName(name, isFolder);
    if (own?.ignored || byName === "tool" || (byName !== null && own === null)) return false;
  }
  return true;
}

function entriesOf(folder: string): readonly Dirent[] {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function targetOf(entry: Dirent, at: string): { readonly source: string; readonly isFolder: boolean; readonly link: boolean } | null {
  if (entry.isDirectory() || entry.isFile()) return { source: at, isFolder: entry.isDirectory(), link: false };
  if (!entry.isSymbolicLink()) return null;
  try {
    const source = realpathSync(at);
    const found = statSync(source);
    return found.isDirectory() || found.isFile() ? { source, isFolder: found.isDirectory(), link: true } : null;
  } catch {
    // It points to nothing.
    return null;
  }
}

/** A person named this one file, which is reason enough for anything else. */
function isSecretFile(path: string, source: string): boolean {
  const name = basename(path);
  return leftOutByName(name, false) === "secret" || leftOutByContent(name, headOf(source)) === "secret";
}

function headOf(file: string): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  const handle = openSync(file, "r");
  try {
    return head.subarray(0, readSync(handle, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(handle);
  }
}

function rulesAround({ root, start, gitignore }: ListOptions): Rules {
  let rules: Rules = { git: gitignore ? [] : null, headgate: [] };
  const folders: string[] = [];
  for (let folder = dirname(start); folder.startsWith(root) && folder !== dirname(folder); folder = dirname(folder))
    folders.unshift(folder);
  if (gitignore) {
    const repository = repositoryAbove(root);
    const outer: string[] = [];
    if (repository !== null) for (let at = dirname(root); at.startsWith(repository); at = dirname(at)) outer.unshift(at);
    const found = outer.flatMap((folder) => ignoreFile(folder, folder, GIT_IGNORE) ?? []);
    rules = { ...rules, git: found };
  }
  return folders.reduce((all, folder) => withRulesOf(all, folder, folder), rules);
}

function repositoryAbove(root: string): string | null {
  for (let folder = dirname(root); dirname(folder) !== folder; folder = dirname(folder))
    if (existsSync(join(folder, ".git"))) return folder;
  return null;
}

function withRulesOf(rules: Rules, folder: string, real: string): Rules {
  const git = rules.git && ignoreFile(folder, real, GIT_IGNORE);
  const headgate = ignoreFile(folder, real, HEADGATE_IGNORE);
  if (git === null && headgate === null) return rules;
  return {
    git: git === null ? rules.git : [...(rules.git ?? []), git],
    headgate: headgate === null ? rules.headgate : [...rules.headgate, headgate],
  };
}

function ignoreFile(folder: string, real: string, name: string): IgnoreFile | null {
  const file = join(real, name);
  if (!existsSync(file) || !statSync(file).isFile()) return null;
  return { folder, file: join(folder, name), rules: parseIgnoreRules(readFileSync(file, "utf8")) };
}
