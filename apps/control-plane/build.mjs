/** Bundles the Worker for the embedded server (`wrangler deploy` bundles the same sources itself) and puts the D1 migrations beside it. */
import { cp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = new URL("dist/", import.meta.url);

await rm(dist, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: ["src/worker.ts"],
  outfile: "dist/worker.js",
  bundle: true,
  format: "esm",
  target: "es2024",
  conditions: ["workerd", "worker", "browser"],
  mainFields: ["browser", "module", "main"],
  external: ["cloudflare:*", "node:*"],
  loader: { ".sql": "text" },
  sourcemap: true,
  logLevel: "warning",
});
await cp(new URL("migrations/", import.meta.url), new URL("migrations/", dist), { recursive: true });
