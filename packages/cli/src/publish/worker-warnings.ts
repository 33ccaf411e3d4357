/** Packages that start or read files beside themselves do so beside the bundle, where there are none: said before a run fails of it. */
import { realpathSync } from "node:fs";
import { relative, sep } from "node:path";
import type { Metafile } from "esbuild";

type Inputs = Metafile["inputs"];

/** `files`: absolute paths in packages. One sentence for each package that the project itself imports. */
export function workerWarnings(root: string, inputs: Inputs, files: ReadonlySet<string>): readonly string[] {
  const found = new Map<string, string>();
  const importers = importersIn(inputs);
  const base = realpathSync(root);
  for (const file of files) {
    const input = relative(base, file).split(sep).join("/");
    const name = inputs[input] === undefined ? null : importedBy(importers, input);
    if (name !== null && !found.has(name)) found.set(name, input.slice(input.lastIndexOf("node_modules/") + 13));
  }
  return Array.from(
    found,
    ([name, place]) =>
      `The package '${name}' starts or reads files beside its own (${place}), and a bundle does not have them. If a run cannot find them, write provided: ["${name}"] at the code location in headgate.config.ts, and install ${name} where the agent runs.`,
  ).sort();
}

/** The files that import each file. */
function importersIn(inputs: Inputs): ReadonlyMap<string, readonly string[]> {
  const importers = new Map<string, string[]>();
  for (const [name, { imports }] of Object.entries(inputs))
    for (const { path } of imports) importers.set(path, [...(importers.get(path) ?? []), name]);
  return importers;
}

/** The package that a module of the project imports and that leads to this file. */
function importedBy(importers: ReadonlyMap<string, readonly string[]>, wanted: string): string | null {
  const waiting = [wanted];
  const seen = new Set(waiting);
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    const above = importers.get(at) ?? [];
    const name = packageOf(at);
    if (name !== null && name !== "@headgate/sdk" && above.some((importer) => packageOf(importer) === null)) return name;
    for (const importer of above)
      if (!seen.has(importer)) {
        seen.add(importer);
        waiting.push(importer);
      }
  }
  return null;
}

function packageOf(input: string): string | null {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? null;
}
