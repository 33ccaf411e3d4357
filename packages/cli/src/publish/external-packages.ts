/**
 * Decides which packages stay out of a bundle: those with native code. Their binary differs by platform, so the machine of the agent must
 * provide them. They are recognised by their package.json and files, so no list has to be complete.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Plugin } from "esbuild";
import { packageName } from "./problems.ts";

/** Scopes and packages that are native, also while they are not installed: the SDK imports some of them only on use. */
const KNOWN_NATIVE = [/^@duckdb\//, /^duckdb$/, /^better-sqlite3$/, /^sharp$/, /^@img\//];
const NATIVE_BUILDERS = [
  "node-gyp-build",
  "node-gyp",
  "bindings",
  "node-addon-api",
  "prebuild-install",
  "@mapbox/node-pre-gyp",
  "node-pre-gyp",
];

export interface ExternalPackage {
  readonly name: string;
  /** Null while it is not installed here. */
  readonly version: string | null;
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly gypfile?: boolean;
  readonly napi?: unknown;
  readonly binary?: unknown;
  readonly main?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** `found` is filled while the bundle is built. */
export function externalPackages(provided: readonly string[], found: Map<string, ExternalPackage>): Plugin {
  return {
    name: "headgate-external-packages",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async (args) => {
        if (args.pluginData === "resolving" || args.kind === "entry-point" || args.path.startsWith("node:")) return undefined;
        const name = packageName(args.path);
        const wanted = provided.includes(name) || KNOWN_NATIVE.some((pattern) => pattern.test(name));
        const resolved = await build.resolve(args.path, {
          importer: args.importer,
          resolveDir: args.resolveDir,
          kind: args.kind,
          pluginData: "resolving",
        });
        const failed = resolved.errors.length > 0;
        if (resolved.external) return resolved;
        const folder = failed ? null : packageFolder(resolved.path, name);
        const json = folder === null ? null : readPackageJson(folder);
        if (wanted || (folder !== null && json !== null && isNative(folder, json))) {
          found.set(name, { name, version: json?.version ?? null });
          return { path: args.path, external: true };
        }
        // An engine that the SDK loads on use and that this project does not use: leave the import, it fails with the SDK's own message.
        if (failed && args.kind === "dynamic-import" && !isUserCode(args.importer)) return { path: args.path, external: true };
        if (failed) return undefined;
        return resolved;
      });
      build.onLoad({ filter: /\.node$/ }, (args) => ({ errors: [{ text: addOnText(args.path) }] }));
    },
  };
}

function addOnText(file: string): string {
  const name = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1]?.replace("\\", "/");
  const what = name === undefined ? file : `The package '${name}' contains the native add-on ${basename(file)}, which`;
  return `${what} cannot be bundled. Write provided: [${JSON.stringify(name ?? "its package")}] at the code location in headgate.config.ts, and install it where the agent runs.`;
}

function isUserCode(importer: string): boolean {
  return !importer.includes("node_modules") && !/[\\/]packages[\\/]sdk[\\/]/.test(importer);
}

function packageFolder(file: string, name: string): string | null {
  for (let folder = dirname(file); dirname(folder) !== folder; folder = dirname(folder)) {
    const json = existsSync(join(folder, "package.json")) ? readPackageJson(folder) : null;
    if (json?.name === name) return folder;
  }
  return null;
}

function readPackageJson(folder: string): PackageJson | null {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageJson;
  } catch {
    return null;
  }
}

function isNative(folder: string, json: PackageJson): boolean {
  if (json.gypfile === true || json.napi !== undefined || json.binary !== undefined || json.main?.endsWith(".node") === true) return true;
  return NATIVE_BUILDERS.some((builder) => json.dependencies?.[builder] !== undefined) || hasAddOn(folder);
}

const NOT_SEARCHED = /^(?:node_modules|\..*|tests?|__tests__|fixtures?|examples?|docs?)$/;
const SEARCHED_DEPTH = 6;
const MOST_ENTRIES = 5000;
const searched = new Map<string, boolean>();

/** Some keep their add-on, or how it is built, below a folder of their own: ssh2 in lib/protocol/crypto. */
function hasAddOn(folder: string): boolean {
  const known = searched.get(folder);
  if (known !== undefined) return known;
  let entries = 0;
  const look = (at: string, depth: number): boolean =>
    readdirSync(at, { withFileTypes: true }).some((entry) => {
      if (++entries > MOST_ENTRIES) return false;
      if (entry.isDirectory()) return depth < SEARCHED_DEPTH && !NOT_SEARCHED.test(entry.name) && look(join(at, entry.name), depth + 1);
      return entry.name === "binding.gyp" || entry.name.endsWith(".node");
    });
  const found = look(folder, 0);
  searched.set(folder, found);
  return found;
}
