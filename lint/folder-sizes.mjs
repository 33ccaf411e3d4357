/** Finds folders with too many source files to take in. Tests, test support and fixtures are not counted. */
import { readdirSync } from "node:fs";
import path from "node:path";

export const MAX_FILES = 20;
const SOURCE = /\.(ts|mjs|js|svelte|py)$/;
const TEST = /\.(test|test-support|d)\.ts$|\.test\.mjs$/;
const SKIPPED = new Set(["node_modules", "dist", "build", "artifacts", "target", "dbt_packages", "test", "fixtures", "__pycache__"]);
/** Folders that only tests use. */
const TEST_SUPPORT = new Set(["e2e", "e2e/support"]);

/** Folder below `root` -> number of source files, where it is too large. */
export function fullFolders(root) {
  const found = {};
  const walk = (folder) => {
    const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
    const count = entries.filter((entry) => entry.isFile() && SOURCE.test(entry.name) && !TEST.test(entry.name)).length;
    if (count > MAX_FILES && !TEST_SUPPORT.has(folder)) found[folder] = count;
    for (const entry of entries)
      if (entry.isDirectory() && !entry.name.startsWith(".") && !SKIPPED.has(entry.name)) walk(path.posix.join(folder, entry.name));
  };
  walk("");
  return found;
}
