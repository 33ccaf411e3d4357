/**
 * Old offences: for each rule the folders in which it is not switched on yet, with the number of offences that are left there. A number
 * only ever shrinks, and a folder without offences leaves the list; `ratchet.test.mjs` counts.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { within } from "./rooms.mjs";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
export const RATCHET = JSON.parse(readFileSync(new URL("ratchet.json", import.meta.url), "utf8"));

/** Set while old offences are counted. */
const COUNTING = process.env.HEADGATE_LINT_COUNT === "1";

export const repositoryPath = (file) => path.relative(ROOT, file).split(path.sep).join("/");

export function isExempt(rule, file) {
  return !COUNTING && Object.keys(RATCHET[rule]).some((folder) => within(file, folder));
}
