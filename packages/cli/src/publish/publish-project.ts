/** Builds and publishes every code location of a project. One that does not load does not stop the others. */
import { AppError, type ErrorCode } from "@headgate/shared/domain/errors.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { Connection } from "../client/connection.ts";
import type { Project } from "../project/project.ts";
import { buildLocation, type BuildResult, type BuiltLocation } from "./build-location.ts";
import { checkBuilds, problemOf } from "./check-builds.ts";
import { publishVersion, reportLoadErrors, type Published } from "./upload.ts";

export type LocationOutcome =
  | { readonly name: string; readonly ok: true; readonly built: BuiltLocation; readonly published: Published }
  | { readonly name: string; readonly ok: false; readonly problems: readonly LoadError[] };

const REFUSALS: ReadonlySet<ErrorCode> = new Set(["invalid_input", "invalid_selection", "conflict", "too_large"]);

type Progress = (text: string) => void;

export async function buildProject(project: Project, env: NodeJS.ProcessEnv, onProgress: Progress): Promise<readonly BuildResult[]> {
  const results: BuildResult[] = [];
  for (const location of project.locations) {
    onProgress(`building ${location.name}`);
    results.push(await buildLocation(project, location, env));
  }
  onProgress("");
  return checkBuilds(results, project.root);
}

export function hasWarnings(build: BuildResult): boolean {
  return build.ok && build.location.warnings.length > 0;
}

export async function publishBuilds(
  connection: Connection,
  builds: readonly BuildResult[],
  onProgress: Progress,
): Promise<readonly LocationOutcome[]> {
  const outcomes: LocationOutcome[] = [];
  for (const build of builds) {
    if (!build.ok) {
      await reportLoadErrors(connection, build.name, build.problems);
      outcomes.push({ name: build.name, ok: false, problems: build.problems });
      continue;
    }
    const { name } = build.location;
    onProgress(`publishing ${name}`);
    try {
      const published = await publishVersion(connection, build.location, (done, total) =>
        onProgress(`publishing ${name}: ${done} of ${total} files`),
      );
      outcomes.push({ name, ok: true, built: build.location, published });
    } catch (error) {
      const problem = problemOfRefusal(error, build.location);
      if (problem === null) throw error;
      await reportLoadErrors(connection, name, [problem]);
      outcomes.push({ name, ok: false, problems: [problem] });
    }
  }
  onProgress("");
  return outcomes;
}

/** A version that does not fit the deployment (a key of another location, a cycle across locations) is reported as an error of the code. */
function problemOfRefusal(error: unknown, { manifest }: BuiltLocation): LoadError | null {
  return error instanceof AppError && REFUSALS.has(error.code) ? problemOf(error, manifest) : null;
}
