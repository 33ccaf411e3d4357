/**
 * The folder of bundles while they are loaded. It is below the project, so that Node finds the packages of the project from there, and
 * each use has its own, so that two commands on one project do not disturb each other.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";

export async function withBuildFolder<T>(root: string, use: (folder: string) => Promise<T>): Promise<T> {
  const parent = join(root, ".headgate", "build");
  let folder: string;
  try {
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(join(parent, "b-"));
  } catch (error) {
    throw new AppError("invalid_input", `Cannot write to ${parent}, where headgate builds the project. Make the project folder writable.`, {
      cause: error,
    });
  }
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
