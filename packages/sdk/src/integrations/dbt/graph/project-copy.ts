/**
 * The dbt project as an agent will have it: only the files that are published, with links packed as files. dbt reads this copy for
 * publishing, so that nothing can be in the graph that is missing on the agent.
 */
import { constants, copyFileSync, existsSync, linkSync, mkdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { ResolvedProject } from "../project.ts";
import type { ProjectFiles } from "./fingerprint.ts";
import { isInside } from "./project-layout.ts";

export function copyProject(project: ResolvedProject, { files }: ProjectFiles, to: string): ResolvedProject {
  const moved = (path: string): string => (isInside(project.root, path) ? join(to, relative(project.root, path)) : path);
  const made = new Set<string>();
  for (const { path, source } of files) {
    const target = moved(path);
    const folder = dirname(target);
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    if (existsSync(target)) continue;
    try {
      linkSync(source, target);
    } catch {
      // On another disk, or of another owner.
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
    }
  }
  return { ...project, root: to, dir: moved(project.dir), profilesDir: moved(project.profilesDir) };
}
