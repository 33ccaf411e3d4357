/** Ignore files in git's syntax (`.gitignore`, `.headgateignore`, `.dbtignore`): their rules, and which of them decides about a path. */

export interface IgnoreRule {
  readonly pattern: RegExp;
  /** Begins with `!`: what earlier rules leave out is taken in again. */
  readonly negated: boolean;
  readonly foldersOnly: boolean;
  /** Counted from 1. */
  readonly line: number;
}

export interface IgnoreFile {
  /** The folder that its rules are about; absolute, with '/'. */
  readonly folder: string;
  readonly file: string;
  readonly rules: readonly IgnoreRule[];
}

export interface Decision {
  readonly ignored: boolean;
  readonly file: string;
  readonly line: number;
}

export function parseIgnoreRules(text: string): readonly IgnoreRule[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .flatMap((line, index) => parseRule(line.replace(/\r$/, ""), index + 1) ?? []);
}

/** The last rule that fits decides, and rules of an inner folder come after those of the folders around it. Null: none fits. */
export function decideByRules(files: readonly IgnoreFile[], path: string, isFolder: boolean): Decision | null {
  for (const { folder, file, rules } of files.toReversed()) {
    if (!path.startsWith(`${folder}/`)) continue;
    const inside = path.slice(folder.length + 1);
    const rule = rules.findLast(({ pattern, foldersOnly }) => (isFolder || !foldersOnly) && pattern.test(inside));
    if (rule) return { ignored: !rule.negated, file, line: rule.line };
  }
  return null;
}

function parseRule(line: string, number: number): IgnoreRule | null {
  // Spaces at the end do not count, unless a backslash keeps one.
  let text = line.replace(/(?<!\\)[ \t]+$/, "");
  if (text === "" || text.startsWith("#")) return null;
  const negated = text.startsWith("!");
  if (negated) text = text.slice(1);
  const foldersOnly = text.endsWith("/");
  if (foldersOnly) text = text.replace(/\/+$/, "");
  // A slash at the start or in the middle ties the rule to the folder of its file.
  const tied = text.includes("/");
  text = text.replace(/^\//, "");
  if (text === "") return null;
  const source = `^${tied ? "" : "(?:.*/)?"}${regexOf(text)}$`;
  try {
    return { pattern: new RegExp(source, "su"), negated, foldersOnly, line: number };
  } catch {
    // Git, too, matches nothing with a rule that it cannot read.
    return null;
  }
}

function regexOf(glob: string): string {
  let regex = "";
  for (let at = 0; at < glob.length; at++) {
    const rest = glob.slice(at);
    const atStart = at === 0 || glob[at - 1] === "/";
    const folders = atStart ? /^\*\*\//.exec(rest) : null;
    const set = /^\[([!^]?)(\]?[^\]]*)\]/.exec(rest);
    if (folders) {
      regex += "(?:[^/]+/)*";
      at += 2;
    } else if (atStart && rest === "**") {
      regex += ".+";
      at += 1;
    } else if (rest.startsWith("*")) {
      regex += "[^/]*";
      while (glob[at + 1] === "*") at += 1;
    } else if (rest.startsWith("?")) {
      regex += "[^/]";
    } else if (set) {
      const [all, not, characters = ""] = set;
      regex += `(?!/)[${not ? "^" : ""}${characters.replaceAll(/[\\\][&^]/g, (found) => `\\${found}`)}]`;
      at += all.length - 1;
    } else if (rest.startsWith("[")) {
      // Without its end it fits nothing.
      regex += "(?!)";
    } else {
      if (rest.startsWith("\\") && rest.length > 1) at += 1;
      regex += escaped(String.fromCodePoint(glob.codePointAt(at) ?? 0));
      if ((glob.codePointAt(at) ?? 0) > 0xffff) at += 1;
    }
  }
  return regex;
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
