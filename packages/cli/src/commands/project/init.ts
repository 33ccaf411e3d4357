/** `headgate init`: a small project that runs as it is. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { CommandContext } from "../../command-context.ts";
import { missingIn } from "../../project/missing-in-package.ts";
import { projectTemplate } from "../../project/template.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";

export interface InitFlags {
  readonly name?: string | undefined;
  readonly force?: boolean | undefined;
}

/** Version control and the package manager leave these: a folder with nothing else counts as empty. */
const HARMLESS = new Set([
  ".git",
  ".gitignore",
  ".gitattributes",
  "LICENSE",
  "node_modules",
  "package.json",
  "package-lock.json",
  ".DS_Store",
]);

export async function init(folder: string, flags: InitFlags, { terminal, cwd }: CommandContext): Promise<ExitCode> {
  const name = flags.name ?? nameFrom(folder);
  if (!/^[a-z0-9][a-z0-9_-]{0,99}$/.test(name)) {
    throw new AppError(
      "invalid_input",
      `'${name}' cannot be the name of a project: use lower-case letters, digits, '_' and '-', e.g. --name lakehouse.`,
    );
  }
  const present = existsSync(folder) ? readdirSync(folder) : [];
  const used = present.filter((entry) => !HARMLESS.has(entry));
  if (used.length > 0 && flags.force !== true) {
    const some = used.slice(0, 3).join(", ") + (used.length > 3 ? ", ..." : "");
    throw new AppError(
      "invalid_input",
      `${folder} is not empty (${some}). Choose an empty folder, or add to this one with --force; existing files stay as they are.`,
    );
  }
  const files = projectTemplate(name);
  const written: string[] = [];
  const kept: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    const target = join(folder, path);
    if (existsSync(target)) {
      kept.push(path);
      continue;
    }
    try {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    } catch (error) {
      throw new AppError("invalid_input", `No permission to write ${target}. Choose a folder that you may write to.`, { cause: error });
    }
    written.push(path);
  }
  for (const path of written) terminal.print(`  ${terminal.colors.green("+")} ${path}`);
  for (const path of kept) terminal.print(`  ${terminal.colors.dim("=")} ${path} ${terminal.colors.dim("(kept)")}`);
  const place = relative(cwd, folder);
  terminal.print();
  terminal.print(`Project ${terminal.colors.bold(name)} is ready. Next:`);
  if (place !== "") terminal.print(`  cd ${place}`);
  terminal.print("  npm install");
  terminal.print("  npx headgate dev");
  if (kept.includes("package.json")) {
    const missing = missingIn(readFileSync(join(folder, "package.json"), "utf8"), files["package.json"] ?? "{}");
    if (missing.length > 0) terminal.note(`package.json already existed: add ${missing.join(", ")}.`);
  }
  terminal.printJson({ project: folder, name, written, kept });
  return EXIT.ok;
}

function nameFrom(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replaceAll(/^[-_]+|-+$/g, "");
  return name === "" ? "project" : name;
}
