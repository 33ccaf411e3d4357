/** What a person should know of the DuckDB paths of a profile before an agent opens them: said with the line of profiles.yml. */
import { existsSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";
import type { ResolvedProject } from "../project.ts";
import type { ProjectPlace } from "./fingerprint.ts";
import { isInside } from "./project-layout.ts";

const OWN_PLACE =
  'dbtProject({ env: ({ storage }) => ({ DUCKDB_PATH: join(storage, "warehouse.duckdb") }) }) and path: "{{ env_var(\'DUCKDB_PATH\') }}"';

/** `paths`: as dbt read them. `keeps`: the dbt of the project is one that opens relative paths in a kept place. */
export function notesOfDatabases(
  project: ProjectPlace & Pick<ResolvedProject, "kept">,
  { paths, keeps }: { readonly paths: readonly string[]; readonly keeps: boolean },
): readonly string[] {
  const file = join(project.profilesDir, "profiles.yml");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const shown = isInside(project.root, file) ? relative(project.root, file) : file;
  return [...new Set(paths)].flatMap((path) => {
    const said = meaningOf(path, { root: project.root, storage: dirname(project.kept), keeps });
    const line = lineOf(text, path);
    return said === null ? [] : [`${shown}${line === null ? "" : `:${line}`}: ${said}`];
  });
}

function meaningOf(
  path: string,
  { root, storage, keeps }: { readonly root: string; readonly storage: string; readonly keeps: boolean },
): string | null {
  if (path === ":memory:") return `the database is in memory, so every run begins with an empty one. To keep it, write ${OWN_PLACE}.`;
  if (/^[^/\\]*:/.test(path)) return null;
  if (!isAbsolute(path))
    return keeps
      ? `the path ${path} is relative. An agent keeps this database in its storage folder, not beside the project. To choose the place, write ${OWN_PLACE}.`
      : `the path ${path} is relative, so each published version would begin with an empty database. Write ${OWN_PLACE}.`;
  if (isInside(storage, path)) return null;
  if (isInside(root, path) || isInside(homedir(), path) || isInside(tmpdir(), path))
    return `the path ${path} is one of this machine, which agents elsewhere do not have. Write ${OWN_PLACE}.`;
  return null;
}

/** The line that has the path; of a path that is computed, the only line that could. */
function lineOf(text: string, path: string): number | null {
  const lines = text.split("\n");
  const literal = lines.findIndex((line) => line.includes(path) && /\bpath\b/.test(line));
  if (literal >= 0) return literal + 1;
  const computed = lines.flatMap((line, index) => (/\bpath\s*:.*\{\{/.test(line) ? [index + 1] : []));
  return computed.length === 1 ? (computed[0] ?? null) : null;
}
