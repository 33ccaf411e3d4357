/** The file of `headgate run --config`. What is wrong with it is said before anything is started. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";

const PARTS = ["assets", "resources"];
const FORM =
  'Write an object such as { "assets": { "bronze/orders": { "day": 1 } }, "resources": {} } into a file, and give its name: --config run.json.';

export function readRunConfig(given: string, cwd: string): Readonly<Record<string, unknown>> {
  // The shell takes the quotes off a text that is not quoted itself.
  if (/^\s*[{[]/.test(given))
    throw refused(`--config takes the name of a JSON file, and '${given.slice(0, 200)}' is no name of a file. ${FORM}`);
  const file = resolve(cwd, given);
  const config = parsed(file, textOf(file));
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    const what = Array.isArray(config) ? "a list" : config === null ? "null" : `a ${typeof config}`;
    throw refused(`The run config ${file} is ${what}, not an object. ${FORM}`);
  }
  for (const [name, part] of Object.entries(config)) {
    if (!PARTS.includes(name)) {
      const [nearest] = nearestKeys(name, PARTS, 1);
      throw refused(`The run config ${file} has no part '${name}'.${nearest === undefined ? "" : ` Did you mean '${nearest}'?`} ${FORM}`);
    }
    if (typeof part !== "object" || part === null || Array.isArray(part))
      throw refused(`'${name}' of the run config ${file} must be an object, from the key of each to its config. ${FORM}`);
  }
  return config as Readonly<Record<string, unknown>>;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error && error.code === "ENOENT" ? "there is no such file" : String(error);
    throw refused(`The run config ${file} cannot be read: ${why}. ${FORM}`, error);
  }
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused(`The run config ${file} is not JSON: ${error instanceof Error ? error.message : String(error)}. ${FORM}`, error);
  }
}

function refused(message: string, cause?: unknown): AppError {
  return new AppError("invalid_input", message, { cause });
}
