/** Finds the installed dbt and whether the driver can run it in process. */
import { accessSync, constants, openSync, readSync, closeSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";

/** `driver`: dbt is a Python program and this is its interpreter. `command`: only its command line can be used. */
export type DbtProgram = { readonly kind: "driver"; readonly python: string } | { readonly kind: "command"; readonly executable: string };

export const DBT_MISSING_HINT =
  "Install dbt into a virtual environment next to the project (python3 -m venv .venv && .venv/bin/pip install 'dbt-core<1.12' dbt-duckdb), put it on the PATH of the agent, or name it with dbtProject({ executable }).";

/** A `.venv` beside the project or the working folder comes before the PATH, because it is the more deliberate choice. */
export function findDbt(options: {
  readonly executable: string | undefined;
  readonly root: string;
  readonly cwd: string;
  readonly path: string | undefined;
}): DbtProgram | null {
  if (options.executable !== undefined) {
    const file = isAbsolute(options.executable) ? options.executable : resolve(options.root, options.executable);
    return isExecutable(file) ? programOf(file) : null;
  }
  const places = [...ancestors(options.root), ...ancestors(options.cwd)].map((folder) => join(folder, ".venv", "bin"));
  places.push(...(options.path ?? "").split(delimiter).filter((folder) => folder !== ""));
  for (const place of places) {
    const file = join(place, "dbt");
    if (isExecutable(file)) return programOf(file);
  }
  return null;
}

function ancestors(folder: string): string[] {
  const list = [folder];
  for (let at = folder; dirname(at) !== at; at = dirname(at)) list.push(dirname(at));
  return list;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The `dbt` that pip installs is a script whose first line names its interpreter; dbt 2 is a binary. */
function programOf(executable: string): DbtProgram {
  const buffer = Buffer.alloc(512);
  const file = openSync(executable, "r");
  const length = readSync(file, buffer, 0, buffer.length, 0);
  closeSync(file);
  const [firstLine = ""] = buffer.toString("utf8", 0, length).split("\n");
  const python = /^#!\s*(\/\S*python[0-9.]*)\s*$/.exec(firstLine)?.[1];
  if (python !== undefined && isExecutable(python)) return { kind: "driver", python };
  // A path too long for a "#!" line is written as a shell script that starts the interpreter of the same folder.
  const sibling = join(dirname(executable), "python");
  if (firstLine.startsWith("#!/bin/sh") && isExecutable(sibling)) return { kind: "driver", python: sibling };
  return { kind: "command", executable };
}
