/** Builds the two files an agent consists of: the supervisor, and the program its worker processes run. */
import { build } from "esbuild";

await build({
  entryPoints: { agent: "src/bin.ts", "worker-main": "src/executors/process/worker-main.ts" },
  absWorkingDir: import.meta.dirname,
  outdir: process.argv[2] ?? "dist",
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  sourcemap: "linked",
  legalComments: "none",
  // Optional accelerators of ws, which it looks for and does without.
  external: ["bufferutil", "utf-8-validate"],
  // ws is CommonJS and requires Node's own modules.
  banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
});
