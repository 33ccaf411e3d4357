/**
 * Lets a bundled module find the files beside its source: `import.meta.url`, `import.meta.dirname`, `__dirname` and the like stand for the
 * place of the source in the project, on this machine and on the agent. In packages they stand for the bundle, as packages are not published.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, relative, resolve, sep } from "node:path";
import type { Loader, Plugin } from "esbuild";

/** What the bundle gets in the place of each; every module that uses one declares them. */
export const PLACE_NAMES = {
  "import.meta.url": "__headgateUrl",
  "import.meta.filename": "__headgateFilename",
  "import.meta.dirname": "__headgateDirname",
  __filename: "__headgateFilename",
  __dirname: "__headgateDirname",
} as const;

/** The index process loads the bundle from a folder of its own and says where the project is. */
export const ROOT_VARIABLE = "headgate.root";

/** CommonJS packages in an ES module still use `require`. */
export const PLACE_BANNER = [
  'import { createRequire as __headgateCreateRequire } from "node:module";',
  'import { fileURLToPath as __headgateFileUrlToPath, pathToFileURL as __headgatePathToFileUrl } from "node:url";',
  'import { dirname as __headgateDirnameOf, join as __headgateJoin } from "node:path";',
  "const require = __headgateCreateRequire(import.meta.url);",
  "const __headgateBundle = __headgateFileUrlToPath(import.meta.url);",
  `const __headgateRoot = globalThis[Symbol.for(${JSON.stringify(ROOT_VARIABLE)})] ?? __headgateDirnameOf(__headgateBundle);`,
  "const __headgatePlace = (path) => { const file = path === null ? __headgateBundle : __headgateJoin(__headgateRoot, path);",
  "return [__headgatePathToFileUrl(file).href, file, __headgateDirnameOf(file)]; };",
].join(" ");

const USES = /\bimport\s*\.\s*meta\b|\b__dirname\b|\b__filename\b/;
const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
};

export interface ModulePlaces {
  /** Absolute paths that modules of the project name relative to themselves. */
  readonly beside: Set<string>;
  /** Files of packages that start a worker or read a file beside themselves. */
  readonly packages: Set<string>;
}

export function modulePlaces(root: string, found: ModulePlaces): Plugin {
  return {
    name: "headgate-module-places",
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async (args) => {
        const loader = LOADERS[extname(args.path)];
        if (loader === undefined || args.namespace !== "file") return undefined;
        const text = await readFile(args.path, "utf8");
        if (!USES.test(text)) return undefined;
        const own = isOwn(root, args.path);
        if (own) for (const file of besideIn(text, args.path)) found.beside.add(file);
        else if (STARTS_FILES.test(text)) found.packages.add(args.path);
        const place = own ? JSON.stringify(relative(root, args.path).split(sep).join("/")) : "null";
        const declared = `var [__headgateUrl, __headgateFilename, __headgateDirname] = __headgatePlace(${place});`;
        const [, shebang = "", rest = ""] = /^(#![^\n]*\n)?([\s\S]*)$/.exec(text) ?? [];
        return { contents: `${shebang}${declared}${rest}`, loader };
      });
    },
  };
}

function isOwn(root: string, file: string): boolean {
  return !file.includes(`${sep}node_modules${sep}`) && !relative(root, file).startsWith("..");
}

/** A worker, or a file that is read beside the module. */
const STARTS_FILES =
  /\bnew\s+(?:\w+\.)?Worker\s*\(|\b(?:readFileSync|fork)\s*\(\s*(?:\w+\s*\.\s*)?(?:join|resolve)\s*\(\s*__dirname\b|\b(?:readFileSync|fork)\s*\(\s*new\s+URL\s*\(/;

const URL_CALL = /new\s+URL\(\s*(["'`])([^"'`$]+)\1\s*,\s*import\s*\.\s*meta\s*\.\s*url\s*\)/g;
const PATH_CALL =
  /\b(?:join|resolve)\(\s*(?:import\s*\.\s*meta\s*\.\s*dirname|__dirname)\s*((?:,\s*(?:"[^"$]*"|'[^'$]*'|`[^`$]*`)\s*)+)[,)]/g;

/** `new URL("./queries/a.sql", import.meta.url)` and `join(import.meta.dirname, "queries")`, as far as they are written out. */
export function besideIn(text: string, file: string): readonly string[] {
  const here = dirname(file);
  const named = [
    ...Array.from(text.matchAll(URL_CALL), ([, , path = ""]) =>
      /^[a-z]+:/i.test(path) ? here : resolve(here, decodeURI(path.replace(/[?#].*$/, ""))),
    ),
    ...Array.from(text.matchAll(PATH_CALL), ([, list = ""]) =>
      resolve(here, ...Array.from(list.matchAll(/(["'`])([^"'`]*)\1/g), ([, , part = ""]) => part)),
    ),
  ];
  // A folder around the module is more than it names: only `include` can say what of it is wanted.
  return named.filter((path) => existsSync(path) && !`${here}${sep}`.startsWith(`${path}${sep}`));
}
