/** What would make the published dbt project another one than the folder: it is refused, with the file and the remedy. */
import { isAbsolute, join, relative, sep } from "node:path";
import { existsSync } from "node:fs";
import { leftOutText } from "@headgate/shared/files/left-out.ts";
import type { LeftOut } from "@headgate/shared/files/list-files.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { ProjectFiles, ProjectPlace } from "./fingerprint.ts";
import { dbtReads, firstRead, isInside } from "./project-layout.ts";

const MAX_PROBLEMS = 20;
const PROFILES = "profiles.yml";

export function problemsOfFiles(project: ProjectPlace, files: ProjectFiles): readonly LoadError[] {
  const shown = (path: string): string => relative(project.root, path).split(sep).join("/");
  if (!isInside(project.root, project.dir)) {
    const message = `The dbt project ${project.dir} is outside ${project.root}, the folder of headgate.config.ts, so it cannot be published.`;
    return [{ kind: "project", message, hint: "Put headgate.config.ts into a folder that contains both." }];
  }
  return [...outsidePaths(project, files, shown), ...missingFiles(project, files, shown)].slice(0, MAX_PROBLEMS);
}

/** What a person should know of what stays behind: not what tools left, dbt writes or an ignore file names. */
export function notesOfFiles(project: ProjectPlace, { leftOut, profile }: ProjectFiles): readonly string[] {
  const own = leftOut.flatMap((entry) => {
    if (entry.kind === "tool" || entry.kind === "output" || entry.kind === "ignored") return [];
    const path = relative(project.root, entry.path).split(sep).join("/");
    return [
      `${path} is not published: it ${leftOutText(entry.kind)}. Name it in .gitignore or .headgateignore to say so yourself, or publish it with a line "!${entry.path.slice(entry.path.lastIndexOf(sep) + 1)}" in .headgateignore.`,
    ];
  });
  if (profile !== null) return isInside(project.dir, project.profilesDir) ? own : [...own, profileNote(project)];
  const { root, dir, profilesDir, profilesFound } = project;
  if (!profilesFound || profilesDir === dir || !isInside(root, profilesDir)) return own;
  const place = relative(root, profilesDir) || ".";
  return [
    ...own,
    `dbt reads ${join(place, "profiles.yml")} because DBT_PROFILES_DIR names the folder, and agents do not know that. Write profilesDir: "${place}" in dbtProject({ ... }).`,
  ];
}

function profileNote({ profilesDir, root, dir }: ProjectPlace): string {
  const unused = existsSync(join(dir, "profiles.yml")) && profilesDir !== dir ? " The profiles.yml of the dbt project is not used." : "";
  const place = isInside(root, profilesDir) ? relative(root, profilesDir) : profilesDir;
  return `dbt reads ${join(place, "profiles.yml")}, which is not published:${unused} each agent needs one in ~/.dbt or in the folder that DBT_PROFILES_DIR names. To publish it, put it into ${relative(root, dir) || "the project"} (secrets belong into env_var()).`;
}

function outsidePaths(project: ProjectPlace, { layout }: ProjectFiles, shown: (path: string) => string): LoadError[] {
  const file = shown(`${project.dir}${sep}dbt_project.yml`);
  const places = [
    ...layout.resources,
    { setting: "packages-install-path", written: layout.installed, path: layout.installed, endings: [] },
  ];
  return places.flatMap(({ setting, written, path }) => {
    if (isInside(project.root, path) || !existsSync(path)) return [];
    const leads = isAbsolute(written) ? "is a path of this machine" : "leads out of the project";
    return [
      {
        kind: "project",
        message: `${file}: "${written}" in ${setting} ${leads}, so it cannot be published.`,
        file,
        hint: `Move the folder below ${project.root}, where headgate.config.ts is, or put headgate.config.ts into a folder that contains both.`,
      } satisfies LoadError,
    ];
  });
}

function missingFiles(project: ProjectPlace, { layout, leftOut }: ProjectFiles, shown: (path: string) => string): LoadError[] {
  return leftOut.flatMap((entry) => {
    if (entry.kind === "output") return [];
    const settings = settingsFiles(project).find((path) => isInside(entry.path, path) && existsSync(path));
    const missing = settings ?? (entry.folder ? firstRead(layout, entry.path) : dbtReads(layout, entry.path) ? entry.path : null);
    if (missing === null) return [];
    const file = shown(missing);
    const isProfile = missing === join(project.profilesDir, PROFILES);
    return [
      {
        kind: "project",
        message: `dbt reads ${file}, but ${reason(entry, shown)}, so it would not be published.`,
        file,
        hint: isProfile ? profileRemedy(file) : remedy(entry, shown),
      } satisfies LoadError,
    ];
  });
}

/** What dbt reads outside the folders that `dbt_project.yml` names. */
function settingsFiles({ dir, profilesDir }: ProjectPlace): readonly string[] {
  return [join(dir, "dbt_project.yml"), join(dir, "selectors.yml"), join(profilesDir, PROFILES)];
}

function profileRemedy(file: string): string {
  return `To publish it, write the line "!/${file}" into a file .headgateignore beside headgate.config.ts (secrets belong into env_var()). Otherwise move it to ~/.dbt, and give each agent its own there.`;
}

function reason(entry: LeftOut, shown: (path: string) => string): string {
  const what = entry.folder ? `the folder ${shown(entry.path)}` : "it";
  switch (entry.kind) {
    case "ignored":
      return `${entry.rule === null ? "an ignore file" : shownRule(entry.rule, shown)} leaves ${entry.folder ? what : "it"} out`;
    case "tool":
    case "output":
      return `${what} has a name that is never published`;
    case "secret":
    case "database":
    case "python":
      return `${what} ${leftOutText(entry.kind)}`;
  }
}

function shownRule(rule: string, shown: (path: string) => string): string {
  const at = rule.lastIndexOf(":");
  return `line ${rule.slice(at + 1)} of ${shown(rule.slice(0, at))}`;
}

function remedy(entry: LeftOut, shown: (path: string) => string): string {
  if (entry.kind === "tool") return "Rename the folder.";
  return `To publish it, write the line "!/${shown(entry.path)}" into a file .headgateignore beside headgate.config.ts. If dbt should not read it either, name it in .dbtignore or move it away.`;
}
