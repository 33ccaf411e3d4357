/**
 * Counts what is left of the old offences, by rule and folder. `node lint/count-offences.mjs` prints what lint/ratchet.json should hold,
 * `--write` writes it, and `--list <rule>` prints each place.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { fullFolders } from "./folder-sizes.mjs";
import { RATCHET, ROOT } from "./ratchet.mjs";
import { within } from "./rooms.mjs";

const CIRCLES = "import/no-cycle";

/** `{ rule, file, line, message }` of every offence, exempt folders included. */
export function allOffences() {
  const rules = ["plain-comments", "test-names", "retired-words"];
  const own = diagnosticsOf([]).filter(({ rule }) => rules.includes(rule));
  const circles = diagnosticsOf(["-c", "lint/circles.oxlintrc.json"]).map((offence) => ({ ...offence, rule: CIRCLES }));
  return [...own, ...circles];
}

/** Rule -> folder -> number. Folders are those of the ratchet, otherwise the `src` or `test` of a package, or the first of the path. */
export function countOffences(offences) {
  const counts = Object.fromEntries(Object.keys(RATCHET).map((rule) => [rule, {}]));
  for (const { rule, file } of offences) {
    const folder = folderOf(rule, file);
    counts[rule][folder] = (counts[rule][folder] ?? 0) + 1;
  }
  return Object.fromEntries(
    Object.entries({ ...counts, "folder-size": fullFolders(ROOT) }).map(([rule, folders]) => [rule, sorted(folders)]),
  );
}

function folderOf(rule, file) {
  const listed = Object.keys(RATCHET[rule]).find((folder) => within(file, folder));
  const [workspaces, name, part, ...rest] = file.split("/");
  if (listed !== undefined || !["apps", "packages", "examples"].includes(workspaces)) return listed ?? workspaces;
  return rest.length > 0 ? `${workspaces}/${name}/${part}` : file;
}

const sorted = (folders) => Object.fromEntries(Object.entries(folders).sort(([a], [b]) => (a < b ? -1 : 1)));

function diagnosticsOf(args) {
  const program = path.join(ROOT, "node_modules/.bin/oxlint");
  const env = { ...process.env, HEADGATE_LINT_COUNT: "1" };
  const { stdout } = spawnSync(program, [...args, "-f", "json", "."], { cwd: ROOT, env, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
  return JSON.parse(stdout).diagnostics.map(({ code, filename, message, labels }) => ({
    rule: /\(([^)]+)\)/.exec(code ?? "")?.[1] ?? "",
    file: filename.split(path.sep).join("/"),
    line: labels[0]?.span.line ?? 0,
    message,
  }));
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { list: { type: "string" }, write: { type: "boolean" } } });
  const offences = allOffences();
  const counts = `${JSON.stringify(countOffences(offences), null, 2)}\n`;
  if (values.write === true) writeFileSync(path.join(ROOT, "lint/ratchet.json"), counts);
  else if (values.list === undefined) process.stdout.write(counts);
  for (const { rule, file, line, message } of offences) if (rule === values.list) process.stdout.write(`${file}:${line} ${message}\n`);
}
