/** Bundles the `headgate` command and puts the built control plane, dashboard and agent beside it, so that the package is complete. */
import { chmod, cp, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { dependencies } = JSON.parse(readFileSync(at("package.json"), "utf8"));

await rm(at("dist"), { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: { headgate: "src/bin.ts", "index-child": "src/publish/index-child.ts" },
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  conditions: ["headgate-source", "node", "import"],
  external: Object.keys(dependencies),
  sourcemap: "linked",
  legalComments: "none",
  logLevel: "warning",
});
await chmod(at("dist/headgate.js"), 0o755);

const withoutMaps = { recursive: true, filter: (source) => !source.endsWith(".js.map") };
await cp(at("../../apps/control-plane/dist"), at("dist/control-plane"), withoutMaps);
await cp(at("../../apps/web/build"), at("dist/web"), withoutMaps);
await cp(at("../../apps/agent/dist"), at("dist/agent"), { recursive: true });
