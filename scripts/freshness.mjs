/** Finds what has to be done again. Content decides, not times: a checkout changes times without changing anything. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const SKIPPED = new Set(["node_modules", "dist", "build", ".svelte-kit", ".turbo", "test", "artifacts", "coverage"]);

export function readStamp(file) {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : null;
}

export function writeStamp(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${value}\n`);
}

/** Everything `npm ci` depends on. */
export function dependenciesHash(root) {
  const files = ["package.json", "package-lock.json", ...workspaces(root).map((folder) => join(folder, "package.json"))];
  return hashFiles(
    root,
    files.filter((file) => existsSync(join(root, file))),
  );
}

/** Everything the build of packages and apps depends on. */
export function sourcesHash(root) {
  const files = ["package.json", "package-lock.json", "tsconfig.base.json", "turbo.json"].filter((file) => existsSync(join(root, file)));
  for (const folder of workspaces(root).filter((name) => !name.startsWith("examples"))) collect(root, folder, files);
  return hashFiles(root, files);
}

export function workspaces(root) {
  return ["packages", "apps", "examples"]
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .sort();
}

function collect(root, folder, into) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) collect(root, path, into);
    else if (entry.isFile()) into.push(path);
  }
}

function hashFiles(root, files) {
  const hash = createHash("sha256");
  for (const file of [...files].sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  return hash.digest("hex");
}

/** Whether another `npm install` has already installed the packages that the lock names. Then there is nothing to do. */
export function installedMatchesLock(root) {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(locked).every(([path, entry]) => {
    if (!path.includes("node_modules/") || entry.optional || entry.peer) return true;
    return installed[path] !== undefined && installed[path].version === entry.version && installed[path].link === entry.link;
  });
}
