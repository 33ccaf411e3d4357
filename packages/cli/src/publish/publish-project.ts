/** Builds and publishes every code location of a project; one that does not load does not hold up the others. */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { Connection } from "../client/connection.ts";
import type { Project } from "../project/project.ts";
import { buildLocation, type BuildResult, type BuiltLocation } from "./build-location.ts";
import { publishVersion, reportLoadErrors, type Published } from "./upload.ts";

export type LocationOutcome =
  | { readonly name: string; readonly ok: true; readonly built: BuiltLocation; readonly published: Published }
  | { readonly name: string; readonly ok: false; readonly problems: readonly LoadError[] };

type Progress = (text: string) => void;

export async function buildProject(project: Project, env: NodeJS.ProcessEnv, onProgress: Progress): Promise<readonly BuildResult[]> {
  const results: BuildResult[] = [];
  for (const location of project.locations) {
    onProgress(`building ${location.name}`);
    results.push(await buildLocation(project, location, env));
  }
  onProgress("");
  return results;
}

export async function publishBuilds(connection: Connection, builds: readonly BuildResult[], onProgress: Progress): Promise<readonly LocationOutcome[]> {
  const outcomes: LocationOutcome[] = [];
  for (const build of builds) {
    if (!build.ok) {
      await reportLoadErrors(connection, build.name, build.problems);
      outcomes.push({ name: build.name, ok: false, problems: build.problems });
      continue;
    }
    const { name } = build.location;
    onProgress(`publishing ${name}`);
    const published = await publishVersion(connection, build.location, (done, total) => onProgress(`publishing ${name}: ${done} of ${total} files`));
    outcomes.push({ name, ok: true, built: build.location, published });
  }
  onProgress("");
  return outcomes;
}
