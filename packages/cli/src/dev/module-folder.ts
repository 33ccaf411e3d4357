/** Finds the node_modules folder with the packages that bundles do not contain, for the agent. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ExternalPackage } from "../publish/external-packages.ts";

export function moduleFolder(root: string, externals: readonly ExternalPackage[]): string | null {
  const folders: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules");
    if (existsSync(candidate)) folders.push(candidate);
    if (dirname(folder) === folder) break;
  }
  return folders.find((folder) => externals.every((external) => existsSync(join(folder, external.name)))) ?? folders[0] ?? null;
}
