/** Finds the files below a folder that have this ending. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

export function findFiles(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));
}
