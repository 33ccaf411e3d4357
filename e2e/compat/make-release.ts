/**
 * Makes the folder of a release for the compatibility tests: `node e2e/compat/make-release.ts <root> <name>`, with the root of a repository
 * in which that release is checked out and built. What comes out is described in README.md.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { transform } from "esbuild";
import { descendants, freePort } from "../support/stack.ts";
import { CompatApi } from "./api.ts";
import { packFolder } from "./archive.ts";
import { readFacts, type Facts } from "./facts.ts";
import { HOLD_VARIABLE, writeCompatProject, writeLocation } from "./project.ts";
import { makeSituation } from "./situation.ts";

/** Bundles and stack traces hold paths: everything, a copy of the repository included, lies here while the data is made. */
const WORK = "/tmp/headgate-compat";
const NOT_COPIED = new Set([".git", ".headgate", ".venv", ".svelte-kit", ".turbo", "playwright-core", "typescript"]);
const HOST = "headgate-compat";
const BOOTSTRAP_SECRET = "throw-away-secret-of-a-test-folder";

const [root = "", name = ""] = process.argv.slice(2);
if (root === "" || name === "") throw new Error("usage: node e2e/compat/make-release.ts <root of the built release> <name>");
const target = join(import.meta.dirname, "releases", name);
rmSync(WORK, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const repository = join(WORK, "repository");
cpSync(resolve(root), repository, { recursive: true, verbatimSymlinks: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
const made = await makeData();
cleanData(join(WORK, "data"));
packFolder(join(WORK, "data"), join(target, "data.tar.br"));
await packPrograms();
writeFileSync(join(target, "facts.json"), `${JSON.stringify(made, null, 1)}\n`);
for (const file of readdirSync(target)) process.stdout.write(`${file} ${Math.ceil(statSync(join(target, file)).size / 1024)} kB\n`);
rmSync(WORK, { recursive: true, force: true });

/** Runs `headgate dev` of the release, and kills it in the middle of its work. */
async function makeData(): Promise<Facts & { readonly madeAt: number; readonly hook: string }> {
  const project = join(WORK, "project");
  const data = join(WORK, "data");
  const hold = join(WORK, "hold");
  mkdirSync(data, { recursive: true });
  writeFileSync(hold, "");
  writeCompatProject(project, repository);
  const secrets = { bootstrapSecret: BOOTSTRAP_SECRET, organization: "local", deployment: "dev" };
  writeFileSync(join(data, "secrets.json"), `${JSON.stringify(secrets)}\n`, { mode: 0o600 });
  const port = await freePort();
  const args = [join(repository, "packages/cli/src/bin.ts"), "dev", "--json", "--slots", "8"];
  const child = spawn(process.execPath, [...args, "--project", project, "--data", data, "--port", String(port)], {
    cwd: WORK,
    env: { PATH: process.env["PATH"], HOME: WORK, NO_COLOR: "1", [HOLD_VARIABLE]: hold },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await new Promise<void>((ready, failed) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.includes(`"event":"ready"`)) ready();
        if (line.includes(`"ok":false`)) failed(new Error(line));
      });
      child.once("exit", (code) => failed(new Error(`headgate dev ended with ${code}`)));
    });
    const { apiToken } = JSON.parse(readFileSync(join(data, "secrets.json"), "utf8")) as { readonly apiToken: string };
    const url = `http://127.0.0.1:${port}`;
    const api = new CompatApi({ url, token: apiToken, deployment: { org: "local", name: "dev" } });
    await api.tell("switches.set", { location: "compat", on: true });
    const hook = await makeSituation({ api, url, publishAgain: () => writeLocation(project, "second") });
    return { madeAt: Date.now(), hook, ...(await readFacts(api)) };
  } finally {
    for (const { pid } of [...descendants(child.pid ?? -1), { pid: child.pid }]) if (pid !== undefined) endProcess(pid);
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Leaves only what a release has to read: no locks, no logs, no name of this machine. */
function cleanData(data: string): void {
  for (const name of readdirSync(data))
    if (!["agent", "secrets.json", "state", "version"].includes(name)) rmSync(join(data, name), { recursive: true });
  const agent = join(data, "agent");
  // Fetched again from the control plane when they are missing.
  for (const name of readdirSync(agent)) if (name !== "storage") rmSync(join(agent, name), { recursive: true });
  for (const file of filesBelow(join(data, "state")).filter((path) => path.endsWith(".sqlite"))) cleanDatabase(file);
}

function cleanDatabase(file: string): void {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const columns = database
    .prepare(
      `SELECT '"' || t.name || '"' AS "table", '"' || c.name || '"' AS "column" FROM sqlite_master AS t, pragma_table_info(t.name) AS c
       WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.type = 'TEXT'`,
    )
    .all()
    .map((row) => [String(row["table"]), String(row["column"])] as const);
  for (const [table, column] of columns) {
    const sql = `UPDATE ${table} SET ${column} = replace(${column}, ?, ?) WHERE instr(${column}, ?) > 0`;
    database.prepare(sql).run(hostname(), HOST, hostname());
  }
  database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Agent, its workers' program, control plane and D1 migrations, without source maps, comments and white space. Names stay as they are. */
async function packPrograms(): Promise<void> {
  const programs = join(WORK, "programs");
  mkdirSync(programs, { recursive: true });
  const built = ["apps/agent/dist", "apps/control-plane/dist"].flatMap((folder) =>
    readdirSync(join(repository, folder))
      .filter((file) => file.endsWith(".js"))
      .map((file) => join(repository, folder, file)),
  );
  for (const file of built) {
    const { code } = await transform(readFileSync(file, "utf8"), {
      loader: "js",
      format: "esm",
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
    });
    writeFileSync(join(programs, basename(file)), code);
  }
  cpSync(join(repository, "apps/control-plane/dist/migrations/d1"), join(programs, "migrations"), { recursive: true });
  packFolder(programs, join(target, "programs.tar.br"));
}
