/** Builds the dashboard as a static single page (fallback index.html) that the Worker serves as its assets. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig, type Plugin } from "vite";

const BASE =
  /node_modules\/(?:svelte|@trpc|esm-env|clsx|devalue)\/|vite\/preload-helper|@sveltejs\/kit\/src\/(?!runtime\/client\/(?:entry|client-entry|payload))/;
/** Layouts and error pages of the root and of a deployment: nodes 0 to 3 of the router. */
const FRAME = /client-optimized\/nodes\/[0-3]\.js|routes\/(?:\[org\]\/\[dep\]\/)?\+(?:layout|error)|src\/app\.css/;
const SHARED = /apps\/web\/src\/|packages\/shared\/src\/|@lucide\/svelte/;

/** The router would fetch each layout and error page separately. Every page needs them, so they are bundled with the application. */
const frameWithApp: Plugin = {
  name: "frame-with-app",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("client-optimized/app.js")) return null;
    const nodes = [0, 1, 2, 3];
    const imports = nodes.map((node) => `import * as frame${node} from "./nodes/${node}.js";\n`).join("");
    return nodes.reduce((text, node) => text.replace(`() => import('./nodes/${node}')`, `async () => frame${node}`), imports + code);
  },
};

/** The one inline script sets the theme before the first paint; the policy allows it by its hash. */
const inlineScript = /<script>([^]*?)<\/script>/.exec(readFileSync(new URL("src/app.html", import.meta.url), "utf8"))?.[1] ?? "";
const inlineHash = createHash("sha256").update(inlineScript).digest("base64");

export default defineConfig({
  plugins: [
    tailwindcss(),
    frameWithApp,
    sveltekit({
      adapter: adapter({ fallback: "index.html" }),
      compilerOptions: { runes: true },
      csp: {
        mode: "hash",
        directives: {
          "default-src": ["self"],
          "script-src": ["self", `sha256-${inlineHash}`],
          // Element style attributes set by plots and virtual lists; scripts stay without 'unsafe-inline'.
          "style-src": ["self", "unsafe-inline"],
          "img-src": ["self", "data:"],
          "connect-src": ["self"],
          "base-uri": ["none"],
          "form-action": ["self"],
          "object-src": ["none"],
        },
      },
      paths: { relative: false },
    }),
  ],
  build: {
    target: "es2023",
    rolldownOptions: {
      output: {
        // Three chunks that every page needs, instead of fifty small requests. Code of a single page stays with that page.
        codeSplitting: {
          groups: [
            { name: "base", test: BASE, priority: 20 },
            { name: "shell", test: FRAME, priority: 10 },
            { name: "shared", test: SHARED, minShareCount: 2, maxModuleSize: 12_000, priority: 5 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: process.env["HEADGATE_DEV_SERVER"] ?? "http://127.0.0.1:7480", ws: true },
      "/login/": process.env["HEADGATE_DEV_SERVER"] ?? "http://127.0.0.1:7480",
    },
  },
});
