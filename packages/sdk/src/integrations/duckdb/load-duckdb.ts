/** Loads the optional peer package `@duckdb/node-api` when it is first used. */
import type * as DuckDb from "@duckdb/node-api";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AppError } from "@headgate/shared/domain/errors.ts";

export type DuckDbModule = typeof DuckDb;

const PACKAGE = "@duckdb/node-api";

let loaded: Promise<DuckDbModule> | undefined;

/** A bundle may lie outside the project, so the project's own `node_modules` and those of the working folder are tried, too. */
export function loadDuckDb(root: string): Promise<DuckDbModule> {
  loaded ??= load(root);
  return loaded;
}

async function load(root: string): Promise<DuckDbModule> {
  try {
    // A literal, so that a bundler sees it and leaves the native package out.
    return await import("@duckdb/node-api");
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  for (const folder of [root, process.cwd()]) {
    try {
      const file = createRequire(join(folder, "package.json")).resolve(PACKAGE);
      return ((await import(pathToFileURL(file).href)) as { default: DuckDbModule }).default;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  loaded = undefined;
  throw new AppError(
    "user_code",
    `The package ${PACKAGE} is not installed, but a DuckDB resource needs it. Add it to the project: npm install ${PACKAGE}`,
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND");
}
