/**
 * Bundles one code location into one module. The same sources give the same bytes on every machine: paths in the output are relative to
 * the project, and neither the time nor the machine is recorded.
 */
import { createHash } from "node:crypto";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { build } from "esbuild";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { LocationConfig } from "../project/project.ts";
import { externalPackages, type ExternalPackage } from "./external-packages.ts";
import { modulePlaces, PLACE_BANNER, PLACE_NAMES } from "./module-places.ts";
import { problemsOfBuild } from "./problems.ts";
import { sdkConditions } from "./sdk-conditions.ts";
import { workerWarnings } from "./worker-warnings.ts";

export const BUNDLE_FILE = "bundle.js";

export interface Bundle {
  readonly code: string;
  /** Source map with the text of the sources; its paths are relative to the project root. */
  readonly map: string;
  readonly hash: string;
  /** Absolute paths of the project's files in the bundle. */
  readonly inputs: readonly string[];
  readonly externals: readonly ExternalPackage[];
  /** Absolute paths that its modules name relative to themselves. */
  readonly beside: readonly string[];
  readonly warnings: readonly string[];
}
export type BundleResult =
  | { readonly ok: true; readonly bundle: Bundle }
  | { readonly ok: false; readonly problems: readonly LoadError[]; readonly inputs: readonly string[] };

export async function bundleLocation(root: string, location: LocationConfig): Promise<BundleResult> {
  const found = new Map<string, ExternalPackage>();
  const places = { beside: new Set<string>(), packages: new Set<string>() };
  const entry = `./${relative(root, resolve(root, location.entry)).split(sep).join("/")}`;
  const stub = [
    `import definition from ${JSON.stringify(entry)};`,
    'import { createRuntime } from "@headgate/sdk/runtime";',
    `export const runtime = createRuntime(definition, { name: ${JSON.stringify(location.name)} });`,
  ].join("\n");
  try {
    const built = await build({
      absWorkingDir: root,
      stdin: { contents: stub, resolveDir: root, sourcefile: "headgate-entry.js", loader: "js" },
      outfile: join(root, BUNDLE_FILE),
      write: false,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node22",
      splitting: false,
      keepNames: true,
      sourcemap: "linked",
      sourcesContent: true,
      metafile: true,
      charset: "utf8",
      banner: { js: PLACE_BANNER },
      define: PLACE_NAMES,
      conditions: sdkConditions(root),
      loader: { ".sql": "text" },
      plugins: [externalPackages(location.provided, found), modulePlaces(root, places)],
      logLevel: "silent",
    });
    const code = built.outputFiles.find((file) => file.path.endsWith(".js"))?.text ?? "";
    const map = built.outputFiles.find((file) => file.path.endsWith(".map"))?.text ?? "";
    return {
      ok: true,
      bundle: {
        code,
        map,
        hash: createHash("sha256").update(code).digest("hex"),
        inputs: ownInputs(root, Object.keys(built.metafile.inputs)),
        externals: [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
        beside: [...places.beside].sort(),
        warnings: workerWarnings(root, built.metafile.inputs, places.packages),
      },
    };
  } catch (error) {
    return { ok: false, problems: problemsOfBuild(error, root), inputs: [] };
  }
}

function ownInputs(root: string, inputs: readonly string[]): readonly string[] {
  return inputs
    .filter((input) => !input.includes("node_modules/") && !input.startsWith("<") && input !== "headgate-entry.js")
    .map((input) => (isAbsolute(input) ? input : resolve(root, input)))
    .sort();
}
