/** `headgate validate`: load the code locations of the project and show what they define, or why they do not load. Sends nothing. */
import { resolve } from "node:path";
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Selection } from "@headgate/shared/domain/selection/ast.ts";
import { evaluateSelection } from "@headgate/shared/domain/selection/evaluate.ts";
import { parseSelectionText, withText } from "../../client/selection.ts";
import type { CommandContext } from "../../command-context.ts";
import { loadProject } from "../../project/project.ts";
import type { BuildResult } from "../../publish/build-location.ts";
import { checkTogether } from "../../publish/check-builds.ts";
import { buildProject, hasWarnings } from "../../publish/publish-project.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { countsText, warningLines } from "../../terminal/outcome-lines.ts";
import { problemLines } from "../../terminal/problem-lines.ts";

export interface ValidateFlags {
  readonly project: string;
  readonly select?: string | undefined;
  /** Warnings count as errors. */
  readonly strict?: boolean | undefined;
}

export async function validate(flags: ValidateFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const selection = flags.select === undefined ? null : { text: flags.select, parsed: parseSelectionText(flags.select) };
  const project = await loadProject(resolve(context.cwd, flags.project));
  const builds = checkTogether(await buildProject(project, context.env, terminal.status), project.root);
  for (const build of builds) {
    for (const line of linesOf(build, context)) terminal.print(line);
    terminal.printJson(jsonOf(build));
  }
  if (!builds.every((build) => build.ok)) return EXIT.failed;
  if (flags.strict === true && builds.some(hasWarnings)) {
    terminal.complain("There are warnings, and --strict makes them errors.");
    return EXIT.failed;
  }
  if (selection !== null) {
    const assets = selectedAssets(builds, selection);
    for (const key of assets) terminal.print(key);
    if (assets.length === 0) terminal.print("the selection contains no assets; --select '*' lists all");
    terminal.printJson({ selection: selection.text, assets });
  }
  return EXIT.ok;
}

/** The selection sees all code locations of the project together, as in a deployment. */
function selectedAssets(builds: readonly BuildResult[], selection: { readonly text: string; readonly parsed: Selection }): string[] {
  const assets = builds.flatMap((build) =>
    build.ok ? build.location.manifest.assets.map((asset) => ({ ...asset, location: build.location.name })) : [],
  );
  return unwrap(withText(evaluateSelection(selection.parsed, buildAssetGraph(assets)), selection.text));
}

function countsOf(build: Extract<BuildResult, { ok: true }>) {
  const { assets, checks, jobs, schedules, sensors } = build.location.manifest;
  return { assets: assets.length, checks: checks.length, jobs: jobs.length, schedules: schedules.length, sensors: sensors.length };
}

function linesOf(build: BuildResult, { terminal: { colors } }: CommandContext): readonly string[] {
  if (!build.ok) return [`${colors.red("✗")} ${colors.bold(build.name)} does not load`, "", ...problemLines(build.problems, colors)];
  const { name, files, externals, warnings } = build.location;
  const lines = [`${colors.green("✓")} ${colors.bold(name)}: ${countsText(countsOf(build))}; ${files.length} files`];
  if (externals.length > 0)
    lines.push(
      colors.dim(
        `  not in the bundle, needed on the machine of the agent: ${externals.map((entry) => (entry.version === null ? entry.name : `${entry.name}@${entry.version}`)).join(", ")}`,
      ),
    );
  return [...lines, ...warningLines(warnings, colors)];
}

function jsonOf(build: BuildResult): unknown {
  if (!build.ok) return { location: build.name, ok: false, errors: build.problems };
  return {
    location: build.location.name,
    ok: true,
    counts: countsOf(build),
    files: build.location.files.length,
    externals: build.location.externals,
    ...(build.location.warnings.length > 0 && { warnings: build.location.warnings }),
  };
}
