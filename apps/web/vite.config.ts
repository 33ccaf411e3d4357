/** How is the dashboard built? A static single page (fallback index.html) that the Worker serves as its assets. */
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

const SHARED = /apps\/web\/src\/|packages\/shared\/src\/|@lucide\/svelte/;

export default defineConfig({
  plugins: [
    tailwindcss(),
    sveltekit({
      adapter: adapter({ fallback: "index.html" }),
      compilerOptions: { runes: true },
      csp: {
        mode: "hash",
        directives: {
          "default-src": ["self"],
          "script-src": ["self"],
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
        // Two chunks that every page needs, in place of fifty small requests; what one page alone needs stays with it.
        codeSplitting: {
          groups: [
            { name: "base", test: /node_modules\/(?:svelte|@trpc|esm-env|clsx|devalue)\//, priority: 20 },
            { name: "shell", test: SHARED, minShareCount: 3, priority: 10 },
            { name: "shell", test: SHARED, minShareCount: 2, maxModuleSize: 4000, priority: 5 },
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
