/** Makes `dist`: one ES module and one declaration file per entry point, with the private packages bundled in. Run: node build.mjs */
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const root = fileURLToPath(new URL(".", import.meta.url));
const dist = join(root, "dist");
/** Built beside and then renamed, so that nobody ever reads half a `dist`. */
const fresh = join(root, "node_modules", `.build-${process.pid}`);
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const external = Object.keys(manifest.peerDependencies ?? {});

/** Entry points are what package.json exports: `dbt/index` -> `src/dbt/index.ts`. */
const entries = Object.fromEntries(
  Object.values(manifest.exports)
    .map((target) => target["headgate-source"])
    .filter((source) => source !== undefined)
    .map((source) => [source.replace(/^\.\/src\//, "").replace(/\.ts$/, ""), join(root, source)]),
);

/** Messages in 50 languages are a third of zod's text, and ours are English. */
const englishOnly = {
  name: "english-only",
  setup(context) {
    context.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};

await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  conditions: ["headgate-source"],
  external,
  // The private package has its own copy of the same version: one is enough.
  alias: {
    zod: createRequire(import.meta.url)
      .resolve("zod")
      .replace(/index\.cjs$/, "index.js"),
    // Its build for Node is CommonJS and asks for modules while it runs, which an ES module cannot.
    yaml: createRequire(import.meta.url)
      .resolve("yaml")
      .replace(/dist[\\/]index\.js$/, "browser/index.js"),
  },
  plugins: [englishOnly],
  chunkNames: "chunks/[name]-[hash]",
  sourcemap: true,
  sourcesContent: true,
  charset: "utf8",
  logLevel: "warning",
});

const types = await rollup({
  input: entries,
  external: [/^node:/, ...external],
  plugins: [dts({ tsconfig: join(root, "tsconfig.json"), includeExternal: ["@headgate/shared", "@standard-schema/spec", "zod"] })],
  onwarn(warning) {
    // Cycles between declarations are the normal case, and internal types are reachable through the public ones that use them.
    const harmless = ["CIRCULAR_DEPENDENCY", "UNUSED_EXTERNAL_IMPORT", "PLUGIN_WARNING"];
    if (!harmless.includes(warning.code)) console.warn(warning.message);
  },
});
await types.write({ dir: fresh, format: "es", chunkFileNames: "chunks/[name]-[hash].d.ts" });
await types.close();

const licences = ["zod", "@standard-schema/spec", "aws4fetch", "@rgrove/parse-xml"].map((name) => {
  const folder = [root, join(root, "../..")]
    .map((from) => join(from, "node_modules", name))
    .find((path) => existsSync(join(path, "LICENSE")));
  return `${name}\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n`;
});
writeFileSync(join(fresh, "THIRD_PARTY_LICENSES.txt"), `This package contains code of:\n\n${licences.join("\n\n")}`);

copyFileSync(join(root, "../../LICENSE"), join(fresh, "LICENSE"));

rmSync(dist, { recursive: true, force: true });
renameSync(fresh, dist);
