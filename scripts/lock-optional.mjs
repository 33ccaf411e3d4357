/**
 * Completes package-lock.json after `npm install`: a registry that lacks some platform binaries makes npm leave these optional packages
 * out of the lock, and `npm ci` then refuses it ("Missing: ... from lock file"). A stub for another platform is enough: it is never
 * downloaded. Run `node scripts/lock-optional.mjs` after changing dependencies; `--check` only tells.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OS_WORDS = {
  darwin: "darwin",
  linux: "linux",
  win32: "win32",
  windows: "win32",
  freebsd: "freebsd",
  openbsd: "openbsd",
  netbsd: "netbsd",
  android: "android",
  sunos: "sunos",
  aix: "aix",
  openharmony: "openharmony",
};
const CPU_WORDS = {
  x64: "x64",
  64: "x64",
  amd64: "x64",
  arm64: "arm64",
  arm: "arm",
  ia32: "ia32",
  x86: "ia32",
  riscv64: "riscv64",
  ppc64: "ppc64",
  ppc64le: "ppc64",
  s390x: "s390x",
  loong64: "loong64",
  mips64el: "mips64el",
  wasm32: "wasm32",
  universal: null,
};

/** Adds to `lock` (changed in place) and returns the paths of the stubs. */
export function addMissingOptionals(lock) {
  const { packages } = lock;
  const added = [];
  for (const [parent, entry] of Object.entries(packages)) {
    for (const [name, wanted] of Object.entries(entry.optionalDependencies ?? {})) {
      const version = wanted.replace(/^[\^~=v]+/, "");
      const found = resolveEntry(packages, parent, name);
      if (found !== undefined && (!/^\d/.test(version) || wanted !== version || found.version === version)) continue;
      const platform = platformOf(name);
      if (platform === null) continue;
      const path = found === undefined ? `node_modules/${name}` : `${parent}/node_modules/${name}`;
      packages[path] = {
        version,
        ...(platform.cpu && { cpu: [platform.cpu] }),
        ...(entry.dev && { dev: true }),
        ...(platform.libc && { libc: [platform.libc] }),
        optional: true,
        os: [platform.os],
      };
      added.push(path);
    }
  }
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return added;
}

/** As Node looks for packages: beside the parent's own folder, then upwards. */
function resolveEntry(packages, parent, name) {
  for (let base = parent; ;) {
    const entry = packages[base === "" ? `node_modules/${name}` : `${base}/node_modules/${name}`];
    if (entry !== undefined || base === "") return entry;
    base = base.slice(0, Math.max(0, base.lastIndexOf("node_modules/") - 1));
  }
}

/** From the name, e.g. `@turbo/darwin-arm64`; null when it names no platform. */
export function platformOf(name) {
  const words = name.replace("@", "").split(/[/\-_.]/);
  const os = words.map((word) => OS_WORDS[word]).find((value) => value !== undefined);
  const cpu = words.map((word) => CPU_WORDS[word]).find((value) => value !== undefined);
  const libc = words.includes("musl") ? "musl" : words.includes("gnu") && os === "linux" ? "glibc" : undefined;
  if (os !== undefined) return { os, cpu, libc };
  return cpu === "wasm32" ? { os: "none", cpu } : null;
}

function main() {
  const file = fileURLToPath(new URL("../package-lock.json", import.meta.url));
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const added = addMissingOptionals(lock);
  if (added.length === 0) return console.log("package-lock.json names every optional package");
  if (process.argv.includes("--check")) {
    console.error(
      `package-lock.json lacks ${added.length} optional packages (run: node scripts/lock-optional.mjs):\n  ${added.join("\n  ")}`,
    );
    process.exitCode = 1;
    return;
  }
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`added ${added.length} optional packages to package-lock.json:\n  ${added.join("\n  ")}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
