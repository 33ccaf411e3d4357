/** In which node_modules folder does the agent find the packages that bundles leave out? */
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
